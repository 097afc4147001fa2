"""The syslog driver against Debian's rsyslogd."""

import os
from pathlib import Path

import pytest
from tests.support.certificates import make_certificates
from tests.support.client import Docker
from tests.support.receivers.rsyslog import Rsyslog, rsyslogd
from tests.support.wait import wait_until

SCRIPT = "echo to stdout; echo to stderr >&2; echo; head -c 20000 /dev/zero | tr '\\0' x; echo; echo the end"


def run(docker: Docker, receiver: Rsyslog, network: str, *options: str, script: str = SCRIPT) -> str:
    """A container that logs to `receiver` and has ended; its id."""
    log = ("--log-driver", "syslog", "--log-opt", f"syslog-address={receiver.address(network)}")
    more = [word for option in options for word in ("--log-opt", option)]
    container = docker("run", "-d", *log, *more, "busybox", "sh", "-c", script)
    docker("wait", container)
    return container


@pytest.mark.row("H2")
@pytest.mark.peer("rsyslog")
@pytest.mark.parametrize("network", ["udp", "tcp", "unix", "unixgram"])
def test_every_network(docker: Docker, tmp_path: Path, network: str) -> None:
    with rsyslogd(tmp_path) as receiver:
        container = run(docker, receiver, network, "syslog-facility=local3")
        wait_until(lambda: {"to stderr", "the end"} <= set(receiver.texts()), "the last lines to arrive")
        messages = receiver.messages()
        said = {message["msg"].removeprefix(" "): message for message in messages}
        assert said["to stdout"]["syslogseverity-text"] == "info"
        assert said["to stderr"]["syslogseverity-text"] == "err"
        assert {message["syslogfacility-text"] for message in messages} == {"local3"}
        assert {message["programname"] for message in messages} == {container[:12]}
        assert "".join(text for text in said if text.startswith("x")) == "x" * 16384 + "x" * (20000 - 16384)
        assert docker("logs", container).startswith("to stdout\n")


@pytest.mark.row("H2")
@pytest.mark.peer("rsyslog")
@pytest.mark.parametrize("form", ["rfc3164", "rfc5424", "rfc5424micro"])
def test_every_format(docker: Docker, tmp_path: Path, form: str) -> None:
    with rsyslogd(tmp_path) as receiver:
        run(docker, receiver, "tcp", f"syslog-format={form}", "tag={{.Name}}/{{.ImageName}}", script="echo hello")
        wait_until(lambda: receiver.messages(), "the line to arrive")
        (message,) = receiver.messages()
        assert message["msg"].strip() == "hello"
        assert message["hostname"] == os.uname().nodename
        tag = message["app-name"] if form != "rfc3164" else message["programname"]
        assert tag.split("/")[0] in docker("ps", "-a", "--format", "{{.Names}}").split()
        assert message["protocol-version"] == ("0" if form == "rfc3164" else "1")
        assert message["procid"].isdecimal()
        assert (message["time"][19:20] == ".") == (form == "rfc5424micro")


@pytest.mark.row("H2")
@pytest.mark.peer("rsyslog")
@pytest.mark.parametrize("form", ["rfc3164", "rfc5424"])
def test_tls_with_certificates_on_both_sides(docker: Docker, tmp_path: Path, form: str) -> None:
    certificates = make_certificates(tmp_path)
    options = (
        f"syslog-tls-ca-cert={certificates.authority}",
        f"syslog-tls-cert={certificates.client.certificate}",
        f"syslog-tls-key={certificates.client.key}",
        f"syslog-format={form}",
    )
    with rsyslogd(tmp_path, certificates, mode="x509/certvalid") as receiver:
        run(docker, receiver, "tcp+tls", *options)
        wait_until(lambda: {"to stderr", "the end"} <= set(receiver.texts()), "the last lines to arrive")
        assert receiver.texts()[0] == "to stdout"


@pytest.mark.peer("rsyslog")
def test_a_receiver_with_a_strange_certificate_is_refused(docker: Docker, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with rsyslogd(tmp_path, certificates) as receiver:
        address = f"syslog-address={receiver.address('tcp+tls')}"
        refused = docker.result("run", "--log-driver", "syslog", "--log-opt", address, "busybox", "true")
        assert refused.code == 125
        assert "failed to initialize logging driver" in refused.err
        assert "certificate verify failed" in refused.err
        skipped = ("--log-opt", address, "--log-opt", "syslog-tls-skip-verify=1")
        assert docker.result("run", "--log-driver", "syslog", *skipped, "busybox", "true").code == 0


def test_a_start_without_receiver_fails_as_in_docker(docker: Docker) -> None:
    refused = docker.result(
        "run", "--log-driver", "syslog", "--log-opt", "syslog-address=tcp://127.0.0.1:1", "busybox", "true"
    )
    assert refused.code == 125
    assert "failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused" in refused.err


@pytest.mark.row("H2")
@pytest.mark.dockyard_only("Docker loses what it has written to a dead connection")
@pytest.mark.peer("rsyslog")
@pytest.mark.parametrize("network", ["tcp", "unixgram"])
def test_nothing_is_lost_when_the_receiver_is_killed(docker: Docker, tmp_path: Path, network: str) -> None:
    with rsyslogd(tmp_path) as receiver:
        log = ("--log-driver", "syslog", "--log-opt", f"syslog-address={receiver.address(network)}")
        script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); usleep 5000; done"
        container = docker("run", "-d", *log, "busybox", "sh", "-c", script)
        wait_until(lambda: len(receiver.texts()) > 50, "the first lines")
        receiver.process.kill()
        docker("wait", container)
        receiver.start()
        wait_until(lambda: "line 199" in receiver.texts(), "the last line")
        texts = receiver.texts()
        assert set(texts) == {f"line {number}" for number in range(200)}
        assert docker("logs", container).splitlines() == [f"line {number}" for number in range(200)]
