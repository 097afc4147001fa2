"""What is known of each network beside what its driver does: id, name, driver, time of creation. One file on disk.

Ids of `bridge`, `host` and `none` are made once for a data root and stay, unlike Docker's, whose bridge gets a new id
at every start of the daemon: a client that keeps the id finds the network again.
"""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from dockyard.errors import DataLoss, NotFound, SystemFailure
from dockyard.fs.atomic import write_atomic
from dockyard.network.attachment import BRIDGE, HOST, NONE


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """A network as it is kept on disk.

    Attributes:
        id: 64 hexadecimal digits.
        name: unique; `bridge`, `host`, `none` are always there.
        driver: "bridge", "host", "null".
        created: RFC 3339 with nanoseconds, UTC.
        link: name of the bridge, "" if the driver has none.
        subnet, gateway: the addresses that the network had last; kept so that a restart gives the same.
    """

    id: str
    name: str
    driver: str
    created: str
    link: str = ""
    subnet: str = ""
    gateway: str = ""
    labels: dict[str, str] = field(default_factory=dict)


class NetworkRecords:
    """The records, by id; written to disk at every change. Not for several threads at a time."""

    def __init__(self, directory: str, clock: Callable[[], datetime]) -> None:
        """Read `directory`/networks.json; make the three built-in networks that it lacks.

        Raises:
            DataLoss: the file can't be understood.
            SystemFailure: it can't be read or written.
        """
        self._path = os.path.join(directory, "networks.json")
        self._records: dict[str, NetworkRecord] = self._read()
        names = {record.name for record in self._records.values()}
        for name, driver in ((BRIDGE, "bridge"), (HOST, "host"), (NONE, "null")):
            if name not in names:
                record = NetworkRecord(secrets.token_hex(32), name, driver, _timestamp(clock()))
                self._records[record.id] = record
        self._write()

    def all(self) -> list[NetworkRecord]:
        """Every network, in the order of creation."""
        return sorted(self._records.values(), key=lambda record: (record.created, record.name))

    def find(self, reference: str) -> NetworkRecord:
        """The network of that id, name, or beginning of an id that fits one network only.

        Raises:
            NotFound: none; in Docker's words.
        """
        if reference in self._records:
            return self._records[reference]
        for record in self._records.values():
            if record.name == reference:
                return record
        fitting = [record for key, record in self._records.items() if reference and key.startswith(reference)]
        if len(fitting) == 1:
            return fitting[0]
        raise NotFound(f"network {reference} not found")

    def remember_addresses(self, record: NetworkRecord, link: str, subnet: str, gateway: str) -> NetworkRecord:
        """Note which link and subnet a network has now; returns the new record."""
        changed = replace(record, link=link, subnet=subnet, gateway=gateway)
        if changed != record:
            self._records[record.id] = changed
            self._write()
        return changed

    def _read(self) -> dict[str, NetworkRecord]:
        try:
            with open(self._path, encoding="utf-8") as file:
                return {entry["id"]: NetworkRecord(**entry) for entry in json.load(file)}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SystemFailure(f"read {self._path}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise DataLoss(f"{self._path} is damaged: {error}") from error

    def _write(self) -> None:
        data = json.dumps([asdict(record) for record in self.all()], indent=1).encode()
        try:
            os.makedirs(os.path.dirname(self._path), 0o750, exist_ok=True)
            write_atomic(self._path, data, durable=True)
        except OSError as error:
            raise SystemFailure(f"write {self._path}: {error.strerror}") from error


def _timestamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
