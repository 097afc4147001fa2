"""The splunk driver against a collector that refuses what the protocol forbids."""

import os
import time
from pathlib import Path

import pytest
from tests.support.certificates import make_certificates
from tests.support.client import Docker
from tests.support.receivers.splunk import TOKEN, Splunk, splunk
from tests.support.wait import wait_until

SCRIPT = """echo '{"level": "info"}'; echo to stderr >&2; echo; echo the end"""


def run(docker: Docker, receiver: Splunk, *options: str, script: str = SCRIPT) -> str:
    chosen = (f"splunk-url={receiver.url}", f"splunk-token={TOKEN}", *options)
    more = [word for option in chosen for word in ("--log-opt", option)]
    return docker("run", "-d", "--log-driver", "splunk", *more, "busybox", "sh", "-c", script)


def has_end(receiver: Splunk) -> bool:
    return any("the end" in str(event["event"]) for event in receiver.events())


@pytest.mark.row("H2")
@pytest.mark.parametrize("form", ["inline", "json", "raw"])
def test_every_format(docker: Docker, tmp_path: Path, form: str) -> None:
    options = (f"splunk-format={form}", "splunk-gzip=true", "splunk-index=main", "splunk-source=s", "tag=t")
    with splunk(tmp_path) as receiver:
        run(docker, receiver, *options, "splunk-index-acknowledgment=true")
        lines = 3 if form == "raw" else 4  # there the empty line isn't sent
        wait_until(lambda: len(receiver.events()) == lines, "all lines to arrive")
        first = next(event for event in receiver.events() if "level" in str(event["event"]))
        assert abs(time.time() - float(first["time"])) < 60
        assert (first["host"], first["index"], first["source"]) == (os.uname().nodename, "main", "s")
        assert first["zipped"]
        assert len(first["channel"]) == 36
        if form == "raw":
            assert first["event"] == 't {"level": "info"}'
        else:
            line = {"level": "info"} if form == "json" else '{"level": "info"}'
            assert first["event"] == {"line": line, "source": "stdout", "tag": "t"}
            sources = [event["event"]["source"] for event in receiver.events()]
            assert sorted(sources) == ["stderr", "stdout", "stdout", "stdout"]


def test_https_with_an_authority_and_a_name(docker: Docker, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with splunk(tmp_path, certificates.server.certificate, certificates.server.key) as receiver:
        run(docker, receiver, f"splunk-capath={certificates.authority}", "splunk-caname=localhost")
        wait_until(lambda: has_end(receiver), "the last line to arrive")
        with pytest.raises(AssertionError, match="failed to initialize logging driver"):
            run(docker, receiver)
        run(docker, receiver, "splunk-insecureskipverify=true")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("splunk-token=x",), "splunk: splunk-url is expected"),
        (("splunk-url=http://localhost:1",), "splunk: splunk-token is expected"),
        (
            ("splunk-url=localhost:1", "splunk-token=x"),
            "splunk: expected format scheme://dns_name_or_ip:port for splunk-url",
        ),
        (
            ("splunk-url=http://localhost:1", "splunk-token=x", "splunk-format=x"),
            "unknown format specified x, supported formats are inline, json and raw",
        ),
    ],
)
def test_values_are_checked_at_the_start(docker: Docker, options: tuple[str, ...], message: str) -> None:
    more = [word for option in options for word in ("--log-opt", option)]
    container = docker("create", "--log-driver", "splunk", *more, "busybox", "true")
    assert message in docker.result("start", container).err


@pytest.mark.row("H2")
def test_nothing_is_lost_when_the_collector_is_killed(docker: Docker, tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); usleep 5000; done; echo the end"
    with splunk(tmp_path) as receiver:
        container = run(docker, receiver, script=script)
        wait_until(lambda: len(receiver.events()) > 50, "the first lines", 15)
        receiver.process.kill()
        docker("wait", container)
        receiver.start()
        wait_until(lambda: has_end(receiver), "the last line", 15)
        lines = {event["event"]["line"] for event in receiver.events()}
        assert lines == {"the end", *(f"line {number}" for number in range(200))}
