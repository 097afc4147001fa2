"""What a daemon does, in which order, about containers that ended while none looked."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.lifecycle.restore import load
from dockyard.engine.containers.record import Container, State
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.storage import ContainerStorage, Loaded
from dockyard.supervisor.client import ExitRecord

RUNNING = Container(
    id="c1", name="one", created_at_ns=1, path="true", args=(), config=Config(), host_config=HostConfig(),
    image_id="sha256:0", driver="overlay2", state=State(status=Status.RUNNING, pid=7, started_at_ns=1),
)  # fmt: skip


class Engine:
    """The parts that `load` uses; writes down what is done with what is on disk."""

    def __init__(self, record: Container, ended: ExitRecord) -> None:
        self.done: list[str] = []
        self.entries: list[Entry] = []
        self._record = record
        self._ended = ended
        self.supervisor = self.collection = self.layers = self.deletion = self
        self.paths = SimpleNamespace(removed_bundles="/var/empty", removed_containers="/var/empty")

    def load_all(self) -> Loaded:
        return Loaded((self._record,), ())

    def __iter__(self) -> Any:
        return iter(self.entries)

    def reserve_name(self, *_: object) -> None: ...

    def announce(self, *_: object, **__: object) -> None: ...

    def containers(self) -> set[str]:
        return set()

    def add(self, added: Any) -> Entry | None:
        if not isinstance(added, Container):
            return None
        self.entries.append(Entry(added))
        return self.entries[-1]

    def exit_record(self, _container_id: str) -> ExitRecord:
        return self._ended

    async def adopt(self, _container_id: str) -> None:
        self.done.append("shim asked for")

    async def sweep(self, _known: set[str]) -> None: ...

    async def find_end(self, _container_id: str) -> ExitRecord:
        return self._ended

    async def forget(self, _container_id: str) -> None:
        self.done.append("exit record forgotten")

    def replace(self, entry: Entry, record: Container) -> Container:
        self.done.append(f"record says {record.state.status} {record.state.exit_code}")
        entry.record = record
        return record


@pytest.fixture(autouse=True)
def _nothing_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockyard.engine.containers.lifecycle.restore._waiting", lambda _directory: [])


async def restored(record: Container, ended: ExitRecord) -> list[str]:
    engine = Engine(record, ended)
    await load(cast(Services, engine), cast(ContainerStorage, engine))
    return engine.done


async def test_the_exit_is_in_the_record_before_the_shims_copy_goes() -> None:
    done = await restored(RUNNING, ExitRecord(42, finished_at_ns=5))
    assert done == ["shim asked for", "record says exited 42", "exit record forgotten"]


async def test_a_run_whose_start_was_never_recorded_ends_with_its_exit_code() -> None:
    created = msgspec.structs.replace(RUNNING, state=State())
    done = await restored(created, ExitRecord(7, finished_at_ns=5))
    assert done == ["shim asked for", "record says exited 7", "exit record forgotten"]


async def test_an_exit_that_was_recorded_is_not_worked_off_again() -> None:
    stopped = msgspec.structs.replace(RUNNING, state=State(status=Status.EXITED, finished_at_ns=5))
    assert await restored(stopped, ExitRecord(7, finished_at_ns=5)) == []
