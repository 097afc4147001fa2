"""The classes of BuildKit's messages, a namespace for each package.

    from dockyard.wire.buildkit.messages import control, files
    control.SolveRequest(Ref="…", Frontend="dockerfile.v0")     a message; its fields as protobuf has them
    files.Packet(type=files.PacketType["REQ"], ID=1)            an enumeration is a mapping of names to numbers

They live in a pool of their own: another library with the same messages doesn't get in the way.
"""

from typing import Any

from google.protobuf import any_pb2, timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from dockyard.wire.buildkit import content as content_text
from dockyard.wire.buildkit import control as control_text
from dockyard.wire.buildkit import frontend as frontend_text
from dockyard.wire.buildkit import ops as ops_text
from dockyard.wire.buildkit import session as session_text
from dockyard.wire.buildkit import shared as shared_text
from dockyard.wire.buildkit.notation import read

_OTHERS = {"google.protobuf.Any": any_pb2, "google.protobuf.Timestamp": timestamp_pb2}


class Package:
    """The messages and enumerations of a package, as attributes."""

    def __init__(self, pool: DescriptorPool, name: str) -> None:
        self._pool = pool
        self._name = name

    def __getattr__(self, name: str) -> Any:
        full = f"{self._name}.{name}"
        found: Any
        try:
            found = GetMessageClass(self._pool.FindMessageTypeByName(full))
        except KeyError:
            try:
                values = self._pool.FindEnumTypeByName(full).values
            except KeyError:
                raise AttributeError(full) from None
            found = {value.name: value.number for value in values}
        setattr(self, name, found)
        return found


def message_class(full_name: str) -> Any:
    """The class of `package.Name`. Raises KeyError when there is none."""
    return GetMessageClass(_POOL.FindMessageTypeByName(full_name))


def _pool() -> DescriptorPool:
    pool = DescriptorPool()
    known = {}
    for name, module in _OTHERS.items():
        file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        pool.Add(file)
        known[name] = file.name
    texts = (shared_text, ops_text, control_text, frontend_text, session_text, content_text)
    for file in read({name: text for module in texts for name, text in module.PACKAGES.items()}, known):
        pool.Add(file)
    return pool


_POOL = _pool()
control = Package(_POOL, "moby.buildkit.v1")
frontend = Package(_POOL, "moby.buildkit.v1.frontend")
ops = Package(_POOL, "pb")
types = Package(_POOL, "moby.buildkit.v1.types")
caps = Package(_POOL, "moby.buildkit.v1.apicaps")
policy = Package(_POOL, "moby.buildkit.v1.sourcepolicy")
files = Package(_POOL, "fsutil.types")
filesync = Package(_POOL, "moby.filesync.v1")
secrets = Package(_POOL, "moby.buildkit.secrets.v1")
ssh = Package(_POOL, "moby.sshforward.v1")
upload = Package(_POOL, "moby.upload.v1")
exporter = Package(_POOL, "moby.exporter.v1")
content = Package(_POOL, "containerd.services.content.v1")
health = Package(_POOL, "grpc.health.v1")
errdefs = Package(_POOL, "errdefs")
status = Package(_POOL, "google.rpc")
well_known = Package(_POOL, "google.protobuf")
"""`Timestamp` and `Any`."""
