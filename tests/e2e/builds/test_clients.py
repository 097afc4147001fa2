"""The image of a Dockerfile goes the whole way to a registry and back; newer clients build, too."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.peers.registry import registry
from tests.support.build import Builder


@pytest.mark.row("K12", "K11")
@pytest.mark.peer("docker-registry")
def test_an_image_is_built_pushed_removed_pulled_and_run(build: Builder, tmp_path: Path) -> None:
    with registry(tmp_path / "registry") as store:
        name = f"{store.address}/team/app:1"
        built = build("FROM busybox\nCOPY f /f\nRUN cat /f /f > /g\nCMD cat /g\n", {"f": "x"}, "-t", name)
        layers = build.docker.inspect(name)["RootFS"]["Layers"]
        build.docker("push", name)
        build.docker("rmi", "-f", built)
        build.docker("builder", "prune", "-af")
        build.docker("pull", name)
        assert build.docker.inspect(name)["RootFS"]["Layers"] == layers
        assert build.docker("run", "--rm", "--network", "none", name) == "xx"
        container = build.docker("create", name, "sh")
        changed = build.docker("commit", "-c", "CMD echo committed", "-c", "ENV A=1", container, "changed")
        build.docker("rm", container)
        assert build.docker("run", "--rm", "--network", "none", changed) == "committed"
        build.docker("rmi", "-f", name, changed)


@pytest.mark.row("K1")
@pytest.mark.skipif(shutil.which("docker") is None, reason="no other docker client on this machine")
def test_the_client_of_this_machine_builds(build: Builder) -> None:
    folder = build.context({"Dockerfile": "FROM busybox\nCOPY f /f\nRUN cat /f\n", "f": "by a newer client"})
    environment = {**os.environ, "DOCKER_HOST": build.docker.host, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run(["docker", "build", str(folder)], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "by a newer client" in done.stdout
    assert "Successfully built" in done.stdout
