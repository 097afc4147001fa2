"""Containers on disk: `config.v2.json` (the record) and `hostconfig.json` in each container's directory.

Both are replaced atomically, so that a SIGKILL at any instant leaves the old or the new record, never a torn one. A
directory without a readable record is what a killed `create` left: `load_all` names it so that `restore` removes it.
"""

import os
from dataclasses import dataclass

import msgspec

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.record import Container
from dockyard.engine.paths import Paths
from dockyard.errors import SystemFailure
from dockyard.fs.atomic import write_atomic


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a data root holds: containers, and ids of directories that have no readable record."""

    containers: tuple[Container, ...]
    broken: tuple[str, ...]


class ContainerStorage:
    """Reads and writes the records of one data root."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._encoder = msgspec.json.Encoder()

    def save(self, container: Container) -> None:
        """Replaces the container's record on disk; SystemFailure when the disk refuses."""
        fields = {
            name: getattr(container, field)
            for name, field in zip(Container.__struct_encode_fields__, Container.__struct_fields__, strict=True)
            if field != "host_config"
        }
        self._write(container.id, "config.v2.json", self._encoder.encode(fields))

    def save_host_config(self, container: Container) -> None:
        """Replaces `hostconfig.json`: at creation and after `update`."""
        self._write(container.id, "hostconfig.json", self._encoder.encode(container.host_config))

    def load_all(self) -> Loaded:
        """Every container of the data root, oldest first, and what is broken."""
        containers, broken = [], []
        for container_id in os.listdir(self._paths.containers):
            container = self._load(container_id)
            if container is None:
                broken.append(container_id)
            else:
                containers.append(container)
        containers.sort(key=lambda container: container.created_at_ns)
        return Loaded(tuple(containers), tuple(broken))

    def _load(self, container_id: str) -> Container | None:
        directory = self._paths.container(container_id)
        try:
            with open(f"{directory}/config.v2.json", "rb") as file:
                fields = msgspec.json.decode(file.read())
            with open(f"{directory}/hostconfig.json", "rb") as file:
                host_config = msgspec.json.decode(file.read(), type=HostConfig)
            return msgspec.convert({**fields, "HostConfig": msgspec.to_builtins(host_config)}, Container)
        except (OSError, msgspec.MsgspecError):
            return None

    def _write(self, container_id: str, name: str, data: bytes) -> None:
        path = f"{self._paths.container(container_id)}/{name}"
        try:
            write_atomic(path, data)
        except OSError as error:
            raise SystemFailure(f"writing {path}: {error.strerror}") from error
