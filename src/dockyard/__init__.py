"""Dockyard: a container engine that Docker clients can't tell from Docker.

Start reading at ARCHITECTURE.md, which follows `docker run` through the packages below this one.
"""

__version__ = "0.1.0"
