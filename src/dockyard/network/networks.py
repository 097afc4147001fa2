"""What is known of each network beside what its driver does: one record, kept in `network/networks.db` (SQLite).

A record is written before the kernel is touched, and goes after the kernel's side is gone: whatever a SIGKILL leaves
half done, the next start finishes. Addresses of endpoints aren't here but in the records of the containers that have
them, so that there is one truth about them.

Ids of `bridge`, `host` and `none` are made once for a data root and stay, unlike Docker's, whose bridge gets a new id
at every start of the daemon: a client that keeps the id finds the network again.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from dockyard.errors import DataLoss, InvalidParameter, NotFound, SystemFailure
from dockyard.network.attachment import BRIDGE, HOST, NONE, RemoteEndpoint, Subnet

PREDEFINED = (BRIDGE, HOST, NONE)
_DAMAGE = (sqlite3.DatabaseError, ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """A network as it is kept on disk.

    Attributes:
        id: 64 hexadecimal digits.
        name: unique; `bridge`, `host`, `none` are always there.
        driver: "bridge", "host", "null", "macvlan", "ipvlan", "overlay".
        created: RFC 3339 with nanoseconds, UTC.
        link: name of the link of the host that belongs to it, "" if the driver has none.
        made_link: whether the engine made that link, and removes it with the network.
        subnet, gateway: of the default bridge, what it had last; kept so that a restart gives the same.
        subnets: of users' networks, as they came out.
        remote_endpoints: of an overlay network, what is known of containers on other hosts.
        others: as in `NetworkRequest`.
    """

    id: str
    name: str
    driver: str
    created: str
    link: str = ""
    made_link: bool = True
    subnet: str = ""
    gateway: str = ""
    scope: str = "local"
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: str = ""
    enable_ipv4: bool = True
    enable_ipv6: bool = False
    ipam_driver: str = "default"
    ipam_options: tuple[tuple[str, str], ...] | None = None
    subnets: tuple[Subnet, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    remote_endpoints: tuple[RemoteEndpoint, ...] = ()


class NetworkRecords:
    """The records, by id; on disk before a call returns. Not for several threads at a time."""

    def __init__(self, directory: str, clock: Callable[[], datetime]) -> None:
        """Read `directory`/networks.db; make the three built-in networks that it lacks.

        Raises:
            DataLoss: the file can't be understood.
            SystemFailure: it can't be read or written.
        """
        self._clock = clock
        self._path = os.path.join(directory, "networks.db")
        try:
            os.makedirs(directory, 0o750, exist_ok=True)
            self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("CREATE TABLE IF NOT EXISTS networks (id TEXT PRIMARY KEY, record TEXT NOT NULL)")
            rows = self._database.execute("SELECT record FROM networks").fetchall()
            self._records = {record.id: record for record in (_parse(text) for (text,) in rows)}
        except (OSError, sqlite3.OperationalError) as error:
            raise SystemFailure(f"open {self._path}: {error}") from error
        except _DAMAGE as error:
            raise DataLoss(f"{self._path} is damaged: {error}") from error
        names = {record.name for record in self._records.values()}
        for name, driver in ((BRIDGE, "bridge"), (HOST, "host"), (NONE, "null")):
            if name not in names:
                self.put(NetworkRecord(secrets.token_hex(32), name, driver, self.timestamp()))

    def all(self) -> list[NetworkRecord]:
        """Every network, in the order of creation."""
        return sorted(self._records.values(), key=lambda record: (record.created, record.name))

    def named(self, name: str) -> NetworkRecord | None:
        """The network of exactly that name."""
        return next((record for record in self._records.values() if record.name == name), None)

    def find(self, reference: str) -> NetworkRecord:
        """The network of that id, name, or beginning of an id that fits one network only.

        Raises:
            NotFound: none; in Docker's words.
            InvalidParameter: several.
        """
        if reference in self._records:
            return self._records[reference]
        named = self.named(reference)
        if named is not None:
            return named
        fitting = [record for key, record in self._records.items() if reference and key.startswith(reference)]
        if len(fitting) > 1:
            raise InvalidParameter(f"{len(fitting)} matches found based on ID prefix: network {reference} is ambiguous")
        if not fitting:
            raise NotFound(f"network {reference} not found")
        return fitting[0]

    def put(self, record: NetworkRecord) -> None:
        """Keep a record, in the place of the one with its id.

        Raises:
            SystemFailure: it can't be written; then nothing has changed.
        """
        text = json.dumps(asdict(record))
        self._execute("INSERT OR REPLACE INTO networks VALUES (?, ?)", record.id, text)
        self._records[record.id] = record

    def remove(self, network_id: str) -> None:
        """Forget a record; one that isn't there is fine.

        Raises:
            SystemFailure: it can't be written; then nothing has changed.
        """
        self._execute("DELETE FROM networks WHERE id = ?", network_id)
        self._records.pop(network_id, None)

    def remember_addresses(self, record: NetworkRecord, link: str, subnet: str, gateway: str) -> NetworkRecord:
        """Note which link and subnet the default bridge has now; returns the new record."""
        changed = replace(record, link=link, subnet=subnet, gateway=gateway)
        if changed != record:
            self.put(changed)
        return changed

    def timestamp(self) -> str:
        """The present time, as records have it."""
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _execute(self, statement: str, *values: str) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise SystemFailure(f"write {self._path}: {error}") from error


def _parse(text: str) -> NetworkRecord:
    fields = json.loads(text)
    for name in ("options", "labels", "ipam_options"):
        if fields.get(name) is not None:
            fields[name] = _pairs(fields[name])
    fields["subnets"] = tuple(
        Subnet(**{**one, "aux_addresses": _pairs(one.get("aux_addresses", ()))}) for one in fields.get("subnets", ())
    )
    fields["remote_endpoints"] = tuple(RemoteEndpoint(**one) for one in fields.get("remote_endpoints", ()))
    return NetworkRecord(**fields)


def _pairs(lists: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in lists)
