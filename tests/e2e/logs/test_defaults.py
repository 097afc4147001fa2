"""The daemon's own log driver and options, by flags and daemon.json."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.engine import Engine
from tests.support.receivers.gelf import gelf
from tests.support.wait import wait_until

pytestmark = pytest.mark.dockyard_only("starts engines of its own")


@pytest.mark.row("H2")
def test_containers_have_the_daemon_s_driver_and_options(make_engine: Callable[..., Engine], tmp_path: Path) -> None:
    with gelf(tmp_path, "tcp") as receiver:
        options = {"gelf-address": receiver.address, "tag": "{{.Name}}", "cache-max-size": "1m"}
        (tmp_path / "daemon.json").write_text(json.dumps({"log-driver": "gelf", "log-opts": options}))
        docker = make_engine(f"--config-file={tmp_path}/daemon.json").docker
        assert docker.info()["LoggingDriver"] == "gelf"
        docker("run", "--name", "talker", "busybox", "echo", "hello")
        wait_until(lambda: receiver.lines(), "the line to arrive")
        assert receiver.lines()[0]["message"]["_tag"] == "talker"
        assert docker("logs", "talker") == "hello"

        def config(*arguments: str) -> dict[str, object]:
            container = docker("create", *arguments, "busybox")
            return json.loads(docker.field(container, "{{json .HostConfig.LogConfig}}"))

        assert config() == {"Type": "gelf", "Config": options}
        assert config("--log-opt", "tag=x") == {"Type": "gelf", "Config": {**options, "tag": "x"}}
        assert config("--log-driver", "gelf") == {"Type": "gelf", "Config": options}
        # Another driver has only what is about the cache.
        assert config("--log-driver", "local") == {"Type": "local", "Config": {"cache-max-size": "1m"}}
