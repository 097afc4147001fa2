"""Streams between clients and containers: attach. (`exec` is in `engine.execs`, logs in `engine.logs`.)

`ClientSocket` is how a door hands a client's connection over; it goes on to the shim as it is.
"""

from dockyard.supervisor.client import ClientSocket

__all__ = ["ClientSocket"]
