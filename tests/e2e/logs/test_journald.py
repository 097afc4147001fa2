"""The journald driver against Debian's systemd-journald, in a mount namespace that it shares with an engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.images import busybox_image
from tests.support.client import Docker
from tests.support.engine import dockyard_engine
from tests.support.receivers.journald import Journald, journald
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only("needs an engine of its own")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journald]:
    with journald(tmp_path_factory.mktemp("journald")) as started:
        yield started


@pytest.fixture(scope="module")
def journal_docker(journal: Journald, bridge_name: str) -> Iterator[Docker]:
    with dockyard_engine(f"{bridge_name}j", enter=journal.enter) as engine:
        engine.docker("load", "-i", str(busybox_image()))
        yield engine.docker


@pytest.mark.row("H2")
@pytest.mark.peer("journald")
def test_entries_have_docker_s_fields(journal: Journald, journal_docker: Docker) -> None:
    script = (
        "echo to stdout; echo to stderr >&2; head -c 20000 /dev/zero | tr '\\0' x; echo; printf '\\377\\n'; echo end"
    )
    options = ("--log-opt", "labels=my.role", "--label", "my.role=r", "--log-opt", "tag={{.Name}}", "--name", "talker")
    docker = journal_docker
    container = docker("run", "-d", "--log-driver", "journald", *options, "busybox", "sh", "-c", script)
    match = f"CONTAINER_ID_FULL={container}"
    wait_until(lambda: {"end", "to stderr"} <= {str(entry["MESSAGE"]) for entry in journal.entries(match)}, "all lines")
    entries = journal.entries(match)
    first = next(entry for entry in entries if entry["MESSAGE"] == "to stdout")
    fields = {
        "PRIORITY": "6",
        "CONTAINER_ID": container[:12],
        "CONTAINER_NAME": "talker",
        "CONTAINER_TAG": "talker",
        "SYSLOG_IDENTIFIER": "talker",
        "IMAGE_NAME": "busybox",
        "MY_ROLE": "r",
        "_TRANSPORT": "journal",
    }
    assert {name: first[name] for name in fields} == fields
    assert first["SYSLOG_TIMESTAMP"].endswith("Z")
    assert next(entry for entry in entries if entry["MESSAGE"] == "to stderr")["PRIORITY"] == "3"
    pieces = [entry for entry in entries if "CONTAINER_PARTIAL_ID" in entry]
    assert [piece.get("CONTAINER_PARTIAL_MESSAGE") for piece in pieces] == ["true", None]
    assert "".join(piece["MESSAGE"] or "" for piece in pieces)[:100] == "x" * 100
    assert [255] in [entry["MESSAGE"] for entry in entries]  # bytes that are no text arrive as they are
    ordinals = sorted(int(entry["CONTAINER_LOG_ORDINAL"]) for entry in entries)
    assert ordinals == list(range(1, len(entries) + 1))
    assert docker("logs", container).startswith("to stdout\n")


@pytest.mark.row("H2")
@pytest.mark.peer("journald")
def test_nothing_is_lost_when_the_journal_is_killed(journal: Journald, journal_docker: Docker) -> None:
    docker = journal_docker
    script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); usleep 5000; done"
    container = docker("run", "-d", "--log-driver", "journald", "busybox", "sh", "-c", script)
    match = f"CONTAINER_ID_FULL={container}"
    wait_until(lambda: len(journal.entries(match)) > 20, "the first lines")
    journal.process.kill()
    docker("wait", container)
    journal.start()
    wait_until(lambda: any(entry["MESSAGE"] == "line 199" for entry in journal.entries(match)), "the last line")
    assert {entry["MESSAGE"] for entry in journal.entries(match)} == {f"line {number}" for number in range(200)}


def test_without_a_journal_the_start_fails(docker: Docker) -> None:
    if Path("/run/systemd/journal/socket").exists():
        pytest.skip("this machine has a journal")
    refused = docker.result("run", "--log-driver", "journald", "busybox", "true")
    assert refused.code == 125
    assert "failed to initialize logging driver: journald is not enabled on this host" in refused.err
