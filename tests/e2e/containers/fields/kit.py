"""What the tables of field cases are made of: a field with a value, and what must come of it.

A case creates a container with the field, over the API and not by the client, which has its own ideas of what to send;
starts it, and hands the running container to its check. Or it says with which status and words the engine refuses.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.cgroups import controller_folder, is_v1
from tests.support.client import Docker
from tests.support.engine import Engine
from tests.support.http import request
from tests.support.processes import status

SLEEP = ("sleep", "1000")


@dataclass(frozen=True)
class Running:
    """A started container, and the ways to look at what became of it."""

    engine: Engine
    id: str
    others: Mapping[str, str] = field(default_factory=dict)
    """Ids of the containers that the case needed beside it, by name."""

    @property
    def docker(self) -> Docker:
        """The client."""
        return self.engine.docker

    @property
    def pid(self) -> int:
        """The first process, on the host."""
        return int(self.docker.field(self.id, "{{.State.Pid}}"))

    def sh(self, script: str) -> str:
        """What a shell prints inside."""
        return self.docker("exec", self.id, "sh", "-c", script)

    def limit(self, controller: str, v1: str, v2: str = "") -> str:
        """Content of the file of the container's cgroup that has this name on v1, or on v2 (default: the same)."""
        folder = controller_folder(self.pid, controller)
        return (folder / (v1 if is_v1(controller) else v2 or v1)).read_text().strip()

    def mount(self, destination: str) -> Sequence[str]:
        """Type and options of the mount at `destination`, as /proc/mounts has them."""
        found = [line.split() for line in self.sh("cat /proc/mounts").splitlines()]
        return next((words[2], *words[3].split(",")) for words in found if words[1] == destination)

    def status(self) -> dict[str, str]:
        """/proc/PID/status of the first process."""
        return status(self.pid)

    def shown(self, path: str) -> Any:
        """A value of `inspect`: `HostConfig.Memory`."""
        value: Any = self.docker.inspect(self.id)
        for key in path.split("."):
            value = value[key]
        return value


@dataclass(frozen=True)
class Refused:
    """An answer that isn't 2xx: its status, and a part of its message. `at`: the request that is refused."""

    status: int
    message: str
    at: str = "create"


Check = Callable[[Running], None]


@dataclass(frozen=True)
class Case:
    """One value of one field (`Memory`), beside which `config` and `host` are asked for; `needs` containers beside it.

    The value may be a function of the engine.
    `expect` is a check of the running container, or the refusal. `start`: whether it is started at all.
    """

    field: str
    value: Any
    expect: Check | Refused
    config: Mapping[str, Any] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    start: bool = True
    dockyard_only: bool = False

    def __str__(self) -> str:
        return f"{self.field}={'…' if callable(self.value) else json.dumps(self.value)}"[:60]


def play(case: Case, engine: Engine, where: str) -> None:
    """Creates, starts and checks; `where` is `Config` or `HostConfig`, the part that the field belongs to."""
    docker = engine.docker
    others = {name: docker("run", "-d", "--name", name, *words) for name, words in case.needs.items()}
    body: dict[str, Any] = {"Image": "busybox", "Cmd": [*SLEEP], **case.config, "HostConfig": dict(case.host)}
    (body if where == "Config" else body["HostConfig"])[case.field] = (
        case.value(engine) if callable(case.value) else case.value
    )
    created = request(docker.socket, "POST", "/containers/create", body)
    if isinstance(case.expect, Refused) and case.expect.at == "create":
        _check_refusal(case.expect, created.status, created.body)
        return
    assert created.status == 201, created.body.decode()
    container = Running(engine, created.json()["Id"], others)
    if case.start:
        started = request(docker.socket, "POST", f"/containers/{container.id}/start")
        if isinstance(case.expect, Refused):
            _check_refusal(case.expect, started.status, started.body)
            return
        assert started.status == 204, started.body.decode()
    assert not isinstance(case.expect, Refused)
    case.expect(container)


def _check_refusal(expected: Refused, got: int, body: bytes) -> None:
    message = json.loads(body).get("message", "")
    assert (got, expected.message in message) == (expected.status, True), f"{got} {message}"


def equal(look: Callable[[Running], Any], wanted: Any) -> Check:
    """A check that what `look` sees is `wanted`."""

    def check(container: Running) -> None:
        assert look(container) == wanted

    return check


def prints(script: str, wanted: str) -> Check:
    """A check that `script` prints `wanted` inside."""
    return equal(lambda container: container.sh(script), wanted)


def writes(controller: str, wanted: str, v1: str, v2: str = "", *, v2_wanted: str | None = None) -> Check:
    """A check that a file of the cgroup has the content `wanted`."""

    def check(container: Running) -> None:
        expected = wanted if is_v1(controller) or v2_wanted is None else v2_wanted
        assert container.limit(controller, v1, v2) == expected

    return check


def shows(path: str, wanted: Any) -> Check:
    """A check that `inspect` has `wanted` at `path`: for what only clients use."""
    return equal(lambda container: container.shown(path), wanted)
