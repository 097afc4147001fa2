"""The engine: what a Docker daemon knows and does, without any wire protocol.

`engine.Engine` (engine.py) holds the parts: containers, execs, images, networks, volumes, events, system. The doors
(`dockyard.server`) translate requests into calls of these parts, and nothing here knows of HTTP.
"""
