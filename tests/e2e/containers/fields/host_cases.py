"""The other fields of HostConfig: mounts, networks, logs, life. What is asked, and what must come of it."""

import tempfile
from pathlib import Path

from tests.e2e.containers.fields.kit import Case, Refused, Running, prints, shows
from tests.support.wait import wait_until

DIRECTORY = tempfile.gettempdir()


def _binds(container: Running) -> None:
    assert "ro" in container.mount("/b")
    assert set(container.sh("ls -A /b").split()) >= {Path(container.engine.home).name}


def _mounts(container: Running) -> None:
    assert container.mount("/t")[0] == "tmpfs"
    assert "size=1024k" in container.mount("/t")
    assert "ro" in container.mount("/b")


def _logs(container: Running) -> None:
    container.docker("wait", container.id)
    directory = Path(container.shown("LogPath")).parent
    assert len(list(directory.glob("*-json.log*"))) == 2


def _keeps_no_log(container: Running) -> None:
    assert "does not support reading" in container.docker.result("logs", container.id).err


def _publishes(container: Running) -> None:
    port = container.shown("NetworkSettings.Ports")["80/tcp"][0]
    assert port["HostIp"] == "127.0.0.1"
    assert int(port["HostPort"]) > 0


def _publishes_all(container: Running) -> None:
    assert int(container.shown("NetworkSettings.Ports")["80/tcp"][0]["HostPort"]) > 0


def _restarts(container: Running) -> None:
    wait_until(lambda: container.shown("RestartCount") == 2, "two restarts")
    wait_until(lambda: container.shown("State.Status") == "exited", "it to be given up")


def _disappears(container: Running) -> None:
    container.docker.result("kill", container.id)
    wait_until(lambda: container.docker.result("inspect", container.id).code == 1, "its removal")


def _has_volume_of_driver(container: Running) -> None:
    assert container.docker.inspect("by-driver", "--type", "volume")["Driver"] == "local"


def _shares_volumes(container: Running) -> None:
    container.docker("exec", "other", "sh", "-c", "echo shared > /data/file")
    assert container.sh("cat /data/file") == "shared"
    assert "rw" in container.mount("/data")
    assert "ro" in container.mount("/b")


def _shares_volumes_readonly(container: Running) -> None:
    assert "ro" in container.mount("/data")


def _tmpfs(container: Running) -> None:
    options = container.mount("/t")
    assert options[0] == "tmpfs"
    assert {"size=1024k", "noexec", "nosuid", "nodev"} <= set(options)


def _has_size(container: Running) -> None:
    assert container.sh("stty size < /proc/1/fd/0") == "33 44"


def _annotates(container: Running) -> None:
    config = container.engine.shim_directory(container.id) / "config.json"
    assert '"org.example":"x"' in config.read_text()


def _joins_network(container: Running) -> None:
    address = container.docker.field("other", "{{.NetworkSettings.Networks.bridge.IPAddress}}")
    assert address in container.sh("ip addr")


OTHER = ["busybox", "sleep", "1000"]
SOURCE = {"other": ["-v", "/data", "-v", f"{DIRECTORY}:/b:ro", "busybox", "sleep", "1000"]}
CRASH = {"Cmd": ["false"]}
TALK = {"Cmd": ["sh", "-c", "i=0; while [ $i -lt 400 ]; do echo $i 0123456789; i=$((i+1)); done"]}
ROTATED = {"Type": "json-file", "Config": {"max-size": "20k", "max-file": "2"}}
PORT = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}

HOST = (
    Case("Binds", [f"{DIRECTORY}:/b:ro"], _binds),
    Case("Binds", ["a:b:c:d"], Refused(400, "invalid volume specification: 'a:b:c:d'")),
    Case("ContainerIDFile", "/x/y", shows("HostConfig.ContainerIDFile", "/x/y")),  # the client writes it
    Case("LogConfig", ROTATED, _logs, config=TALK),
    Case("LogConfig", {"Type": "none"}, _keeps_no_log),
    Case("LogConfig", {"Type": "nonsense"}, Refused(400, "error looking up logging plugin nonsense")),
    Case("LogConfig", {"Type": "json-file", "Config": {"x": "y"}}, Refused(400, "unknown log opt 'x' for json-file")),
    Case("NetworkMode", "none", prints("ls /sys/class/net", "lo")),
    Case("NetworkMode", "container:other", _joins_network, needs={"other": OTHER}),
    Case("NetworkMode", "nonsense", Refused(404, "network nonsense not found", at="start")),
    Case("PortBindings", PORT, _publishes, config={"ExposedPorts": {"80/tcp": {}}}),
    Case("PortBindings", {"x/y": []}, Refused(400, "invalid")),
    Case("RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 2}, _restarts, config=CRASH),
    Case("RestartPolicy", {"Name": "sometimes"}, Refused(400, "unknown policy 'sometimes'")),
    Case("AutoRemove", True, _disappears),
    Case(
        "AutoRemove",
        True,
        Refused(400, "can't create 'AutoRemove' container with restart policy"),
        host={"RestartPolicy": {"Name": "always"}},
    ),
    Case("VolumeDriver", "local", _has_volume_of_driver, host={"Binds": ["by-driver:/v"]}),
    Case("VolumeDriver", "nonsense", Refused(404, "nonsense"), host={"Binds": ["of-nobody:/v"]}),
    Case("VolumesFrom", ["other"], _shares_volumes, needs=SOURCE),
    Case("VolumesFrom", ["other:ro"], _shares_volumes_readonly, needs=SOURCE),
    Case("VolumesFrom", ["other:nonsense"], Refused(400, "invalid mode: nonsense"), needs=SOURCE),
    Case("VolumesFrom", ["nobody"], Refused(400, "No such container: nobody")),
    Case("VolumesFrom", [":ro"], Refused(400, "No such container")),
    Case(
        "Mounts",
        [
            {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {"SizeBytes": 1 << 20}},
            {"Type": "bind", "Source": DIRECTORY, "Target": "/b", "ReadOnly": True},
        ],
        _mounts,
    ),
    Case("Mounts", [{"Type": "nonsense", "Target": "/t"}], Refused(400, "mount type unknown")),
    Case("ConsoleSize", [33, 44], _has_size, config={"Tty": True}),
    Case("Annotations", {"org.example": "x"}, _annotates, dockyard_only=True),
    Case("Dns", ["192.0.2.1"], prints("grep -c '^nameserver 192.0.2.1$' /etc/resolv.conf", "1")),
    Case("Dns", ["nonsense"], Refused(400, "nonsense")),
    Case("DnsOptions", ["ndots:7"], prints("grep -c '^options.*ndots:7' /etc/resolv.conf", "1")),
    Case("DnsSearch", ["example.org"], prints("grep -c '^search example.org' /etc/resolv.conf", "1")),
    Case("ExtraHosts", ["there:192.0.2.7"], prints("grep -c '^192.0.2.7.there' /etc/hosts", "1")),
    Case("ExtraHosts", ["nonsense"], Refused(400, "nonsense")),
    Case("Cgroup", "container:x", shows("HostConfig.Cgroup", "container:x")),
    Case("Links", ["other:alias"], prints("grep -c alias /etc/hosts", "1"), needs={"other": OTHER}),
    Case("Links", ["nobody:alias"], Refused(400, "No such container: nobody")),
    Case("PublishAllPorts", True, _publishes_all, config={"ExposedPorts": {"80/tcp": {}}}),
    Case("StorageOpt", {"size": "10m"}, Refused(400, "--storage-opt is supported only for overlay over xfs")),
    Case("StorageOpt", {"nonsense": "1"}, Refused(400, "Unknown option nonsense")),
    Case("Tmpfs", {"/t": "size=1m"}, _tmpfs),
    Case("Tmpfs", {"/t": "nonsense"}, Refused(400, 'invalid tmpfs option "nonsense"')),
    Case("Runtime", "runc", shows("HostConfig.Runtime", "runc")),
    Case("Runtime", "nonsense", Refused(400, "unknown or invalid runtime name: nonsense")),
    Case("Isolation", "default", shows("HostConfig.Isolation", "default")),
    Case("Isolation", "hyperv", Refused(400, "hyperv")),
)
