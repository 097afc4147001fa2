"""What a daemon does, in which order, about containers that ended while none looked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from dockyard.engine.containers.collection import Collection, Entry
from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.lifecycle.restore import load
from dockyard.engine.containers.record import Container, State
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.state import Status
from dockyard.engine.containers.storage import ContainerStorage, Loaded
from dockyard.engine.paths import Paths
from dockyard.errors import Conflict, DeadlineExceeded, SystemFailure
from dockyard.supervisor.client import ExitRecord

RUNNING = Container(
    id="c1", name="one", created_at_ns=1, path="true", args=(), config=Config(), host_config=HostConfig(),
    image_id="sha256:0", driver="overlay2", state=State(status=Status.RUNNING, pid=7, started_at_ns=1),
)  # fmt: skip


class Volumes:
    """No container here has any."""

    @property
    def uses(self) -> "Volumes":
        return self

    def adopt(self, _record: Container) -> None: ...

    async def let_go_of_unused(self) -> None: ...


class Engine:
    """The parts that `load` uses; writes down what is done with what is on disk."""

    def __init__(self, record: Container, ended: ExitRecord) -> None:
        self.done: list[str] = []
        self.entries: list[Entry] = []
        self._record = record
        self._ended = ended
        self.supervisor = self.collection = self.layers = self.deletion = self
        self.volumes = Volumes()
        self.paths = SimpleNamespace(
            removed_bundles="/var/empty", removed_containers="/var/empty", build_secrets="/secrets"
        )

    def load_all(self) -> Loaded:
        return Loaded((self._record,), (), {})

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


async def test_secrets_of_builds_that_died_with_a_daemon_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockyard.engine.containers.lifecycle.restore._waiting", lambda directory: [directory])
    deleted: list[Any] = []
    engine = Engine(RUNNING, ExitRecord(0, finished_at_ns=5))
    engine.deletion = cast(Engine, SimpleNamespace(add=deleted.extend))
    await load(cast(Services, engine), cast(ContainerStorage, engine))
    assert "/secrets" in deleted


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


@pytest.mark.parametrize("status", [Status.CREATED, Status.EXITED])
async def test_a_step_that_no_build_waits_for_is_removed_whatever_its_state(status: Status) -> None:
    step = msgspec.structs.replace(RUNNING, state=State(status=status, finished_at_ns=5), build_step=True)
    engine = Silent(step, ExitRecord(0, finished_at_ns=5))
    engine.asked = 1
    await load(cast(Services, engine), cast(ContainerStorage, engine))
    assert len(engine.later) == 1
    engine.later[0].close()


class Silent(Engine):
    """Its shim doesn't answer at first."""

    def __init__(self, record: Container, ended: ExitRecord) -> None:
        super().__init__(record, ended)
        self.asked = 0
        self.background = self
        self.later: list[Any] = []

    def start(self, _name: str, work: Any) -> None:
        self.later.append(work)

    async def adopt(self, _container_id: str) -> None:
        self.asked += 1
        if self.asked == 1:
            raise DeadlineExceeded("the shim doesn't answer")
        self.done.append("shim asked for")


async def test_a_shim_that_does_not_answer_is_asked_again_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dockyard.engine.containers.lifecycle.restore.PATIENCE_SECONDS", 0.01)
    engine = Silent(RUNNING, ExitRecord(42, finished_at_ns=5))
    await load(cast(Services, engine), cast(ContainerStorage, engine))
    assert engine.done == []
    assert engine.entries[0].record.state.status == Status.RUNNING
    await engine.later[0]
    assert engine.done == ["shim asked for", "record says exited 42", "exit record forgotten"]


def test_a_record_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    paths = Paths(str(tmp_path), str(tmp_path / "run"))
    paths.make()
    storage = ContainerStorage(paths)
    for container_id in ("good", "newer", "torn", "half"):
        Path(paths.container(container_id)).mkdir()
    for container_id in ("good", "newer", "torn"):
        record = msgspec.structs.replace(RUNNING, id=container_id)
        storage.save_host_config(record)
        storage.save(record)
    newer = Path(paths.container("newer")) / "config.v2.json"
    newer.write_text(newer.read_text().replace('"running"', '"a state of the future"'))
    (Path(paths.container("torn")) / "config.v2.json").write_bytes(b'{"Id": "to')
    loaded = storage.load_all()
    assert [record.id for record in loaded.containers] == ["good"]
    assert loaded.half_made == ("half",)
    assert set(loaded.unreadable) == {"newer", "torn"}


def test_volumes_of_a_container_that_is_being_created_stay(tmp_path: Path) -> None:
    collection = Collection(cast(ContainerStorage, None))
    with collection.holding_volume("data"):
        assert collection.uses_volume("data")
        with pytest.raises(Conflict, match="volume is in use"), collection.removing_volume("data"):
            pass
    with (
        collection.removing_volume("data"),
        pytest.raises(Conflict, match="is being removed"),
        collection.holding_volume("data"),
    ):
        pass
    assert not collection.uses_volume("data")


async def test_what_has_happened_is_told_even_when_the_disk_is_full() -> None:
    class Full:
        def save(self, _record: Container) -> None:
            raise SystemFailure("no space left on device")

    collection = Collection(cast(ContainerStorage, Full()))
    entry = collection.add(RUNNING)
    ended = msgspec.structs.replace(RUNNING, state=State(status=Status.EXITED, exit_code=3))
    assert collection.observe(entry, ended) is ended
    assert entry.record is ended
    with pytest.raises(SystemFailure):
        collection.replace(entry, RUNNING)
    assert entry.record is ended
