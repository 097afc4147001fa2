"""The contract between a Docker client and a daemon: routes, versions, header names and media types, as plain data.

Both sides import it: `dockyard.client` builds requests from it, `dockyard.server.docker` its router. It has no
behaviour beyond comparing versions and imports nothing that would slow the start of a command-line program.

The definition that it follows is the Engine API v1.55 (https://docs.docker.com/reference/api/engine/version/v1.55/).
"""
