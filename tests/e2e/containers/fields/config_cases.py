"""The fields of Config: what is asked, and what must come of it."""

from pathlib import Path

from tests.e2e.containers.fields.kit import Case, Refused, Running, equal, prints, shows
from tests.support.processes import command_line
from tests.support.wait import wait_until


def _has_stdin(open_: bool, once: bool = False) -> dict[str, bool]:
    return {"OpenStdin": open_, "StdinOnce": once}


def _exposes(container: Running) -> None:
    assert list(container.shown("NetworkSettings.Ports")) == ["4567/tcp"]


def _has_volume(container: Running) -> None:
    mounts = container.shown("Mounts")
    assert [(mount["Type"], mount["Destination"]) for mount in mounts] == [("volume", "/some/where")]
    container.sh("touch /some/where/file")
    assert (Path(mounts[0]["Source"]) / "file").exists()


def _has_terminal(container: Running) -> None:
    assert container.sh("readlink /proc/1/fd/1").startswith("/dev/pts/")


def _becomes_healthy(container: Running) -> None:
    wait_until(lambda: container.shown("State.Health.Status") == "healthy", "the check to run")


def _ends_by_usr1(container: Running) -> None:
    container.docker("stop", "-t", "10", container.id)
    assert container.shown("State.ExitCode") == 42


def _ends_at_once(container: Running) -> None:
    container.docker("stop", container.id, timeout_seconds=5)
    assert container.shown("State.ExitCode") == 137


def _is_in_the_image(container: Running) -> None:
    image = container.docker("commit", container.id)
    shown = container.docker.inspect(image, "--type", "image")["Config"]
    container.docker("rmi", "-f", image)
    assert shown["OnBuild"] == ["RUN true"]


def _interactive(container: Running) -> None:
    found = container.docker("start", "-ai", container.id, stdin="hello")
    assert found == "hello"


def _reads_nothing(container: Running) -> None:
    assert container.sh("readlink /proc/1/fd/0") == "/dev/null"


TRAP = "trap 'exit 42' USR1; while :; do sleep 0.02; done"
DEAF = "trap '' TERM; while :; do sleep 0.02; done"
CHECK = {"Test": ["CMD", "true"], "Interval": 20_000_000, "Timeout": 5_000_000_000, "Retries": 3}

CONFIG = (
    Case("Hostname", "there", prints("hostname; grep -c there /etc/hosts", "there\n1")),
    Case("Domainname", "example.org", prints("cat /proc/sys/kernel/domainname", "example.org")),
    Case("User", "12:34", prints("id -u; id -g", "12\n34")),
    Case("User", "daemon", prints("id -un", "daemon")),
    Case("User", "nobody-here", Refused(400, "unable to find user nobody-here", at="start")),
    Case("AttachStdin", True, shows("Config.AttachStdin", True), _has_stdin(True)),
    Case("AttachStdout", True, shows("Config.AttachStdout", True)),
    Case("AttachStderr", True, shows("Config.AttachStderr", True)),
    Case("ExposedPorts", {"4567/tcp": {}}, _exposes),
    Case("ExposedPorts", {"nonsense": {}}, Refused(400, "invalid")),
    Case("Tty", True, _has_terminal),
    Case("OpenStdin", True, _interactive, {"Cmd": ["cat"], "StdinOnce": True, "AttachStdin": True}, start=False),
    Case("OpenStdin", False, _reads_nothing),
    Case("StdinOnce", True, _interactive, {"Cmd": ["cat"], "OpenStdin": True, "AttachStdin": True}, start=False),
    Case("Env", ["A=b c", "PATH=/bin"], prints("echo $A; echo $PATH", "b c\n/bin")),
    Case("Env", ["=x"], Refused(400, "invalid environment variable: =x")),
    Case("Cmd", ["sleep", "999"], equal(lambda one: command_line(one.pid), ["sleep", "999"])),
    Case("Cmd", "sleep 998", Refused(400, '"sleep 998"', at="start")),
    Case("Healthcheck", CHECK, _becomes_healthy),
    Case(
        "Healthcheck", {"Test": ["CMD", "x"], "Retries": -1}, Refused(400, "Retries in Healthcheck cannot be negative")
    ),
    Case("ArgsEscaped", True, shows("Config.ArgsEscaped", True)),  # for clients of Windows images alone
    Case("Image", "busybox:latest", shows("Config.Image", "busybox:latest")),
    Case("Image", "nothing-of-the-kind", Refused(404, "No such image: nothing-of-the-kind:latest")),
    Case("Volumes", {"/some/where": {}}, _has_volume),
    Case("WorkingDir", "/not/there/yet", equal(lambda one: one.sh("readlink /proc/1/cwd"), "/not/there/yet")),
    Case("WorkingDir", "relative", Refused(400, "the working directory 'relative' is invalid")),
    Case("Entrypoint", ["sleep"], equal(lambda one: command_line(one.pid), ["sleep", "997"]), {"Cmd": ["997"]}),
    Case("NetworkDisabled", True, prints("ls /sys/class/net", "lo")),
    Case("OnBuild", ["RUN true"], _is_in_the_image),
    Case("Labels", {"a": "b"}, shows("Config.Labels", {"a": "b"})),
    Case("StopSignal", "SIGUSR1", _ends_by_usr1, {"Cmd": ["sh", "-c", TRAP]}),
    Case("StopSignal", "SIGNONE", Refused(400, "SIGNONE")),
    Case("StopTimeout", 0, _ends_at_once, {"Cmd": ["sh", "-c", DEAF]}),
    Case("Shell", ["/bin/sh", "-c"], _becomes_healthy, {"Healthcheck": {**CHECK, "Test": ["CMD-SHELL", "exit 0"]}}),
)
