"""Containers on disk: `config.v2.json` (the record) and `hostconfig.json` in each container's directory.

Both are replaced atomically, so that a SIGKILL at any instant leaves the old or the new record, never a torn one. A
directory without a record is what a killed `create` left, since the record is written last: `restore` removes it. A
record that is there but can't be read (a failing disk, a newer Dockyard) is kept, with all that belongs to it.
"""

import os
from dataclasses import dataclass
from typing import Any

import msgspec

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.record import Container
from dockyard.engine.paths import Paths
from dockyard.errors import SystemFailure
from dockyard.fs.atomic import write_atomic, write_once


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a data root holds: containers, ids of half-made ones, and ids with the reason why they can't be read."""

    containers: tuple[Container, ...]
    half_made: tuple[str, ...]
    unreadable: dict[str, str]


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

    def save_host_config(self, container: Container, *, new: bool = False) -> None:
        """Replaces `hostconfig.json`: after `update`, and at creation (`new`): without a record nobody reads it."""
        self._write(container.id, "hostconfig.json", self._encoder.encode(container.host_config), new=new)

    def load_all(self) -> Loaded:
        """Every container of the data root, oldest first, and what else lies there."""
        containers: list[Container] = []
        half_made: list[str] = []
        unreadable: dict[str, str] = {}
        for container_id in os.listdir(self._paths.containers):
            if not os.path.lexists(f"{self._paths.container(container_id)}/config.v2.json"):
                half_made.append(container_id)
                continue
            try:
                containers.append(self._load(container_id))
            except (OSError, ValueError) as error:  # msgspec's errors are ValueErrors
                unreadable[container_id] = str(error)
        containers.sort(key=lambda container: container.created_at_ns)
        return Loaded(tuple(containers), tuple(half_made), unreadable)

    def _load(self, container_id: str) -> Container:
        directory = self._paths.container(container_id)
        with open(f"{directory}/config.v2.json", "rb") as file:
            fields = msgspec.json.decode(file.read(), type=dict[str, Any])
        if "Attachment" in fields:  # of a time when there could be one only
            only = fields.pop("Attachment")
            fields["Attachments"] = [only] if only else []
        with open(f"{directory}/hostconfig.json", "rb") as file:
            host_config = msgspec.json.decode(file.read(), type=HostConfig)
        return msgspec.convert({**fields, "HostConfig": msgspec.to_builtins(host_config)}, Container)

    def _write(self, container_id: str, name: str, data: bytes, *, new: bool = False) -> None:
        path = f"{self._paths.container(container_id)}/{name}"
        try:
            (write_once if new else write_atomic)(path, data)
        except OSError as error:
            raise SystemFailure(f"writing {path}: {error.strerror}") from error
