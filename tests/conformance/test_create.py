"""`create`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#create"""

import json
from pathlib import Path

import pytest
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused, Runtime

pytestmark = pytest.mark.row("N1", "N2")


def test_create_without_an_id_is_an_error(runtime: Runtime, bundle: Bundle):
    bundle.save()
    assert runtime.result("create", "--bundle", bundle.directory).returncode != 0


@pytest.mark.parametrize("container_id", ["", "a/b", "../up", "a b", ".", ".."])
def test_create_with_an_id_that_is_none_is_an_error(runtime: Runtime, bundle: Bundle, container_id: str):
    bundle.save()
    done = runtime.result("create", "--bundle", bundle.directory, container_id)
    assert done.returncode == 1
    assert "container id cannot be empty" in done.stderr or "invalid container ID format" in done.stderr


def test_create_with_a_bundle_that_is_not_there_is_an_error(runtime: Runtime, tmp_path: Path):
    done = runtime.result("create", "--bundle", tmp_path / "missing", "x")
    assert done.returncode == 1
    assert "no such file or directory" in done.stderr


def test_create_without_a_config_is_an_error(runtime: Runtime, bundle: Bundle):
    done = runtime.result("create", "--bundle", bundle.directory, "x")
    assert done.returncode == 1
    assert "config.json" in done.stderr


@pytest.mark.parametrize("text", ["", "{", "[]", '{"ociVersion": 1}', '{"ociVersion": "1.0.2", "process": []}'])
def test_create_with_a_config_that_is_none_is_an_error(runtime: Runtime, bundle: Bundle, text: str):
    (bundle.directory / "config.json").write_text(text)
    assert runtime.result("create", "--bundle", bundle.directory, "x").returncode != 0
    assert json.loads(runtime("list", "--format", "json")) in (None, [])


def test_create_with_a_root_that_is_not_there_is_an_error(container: Container, bundle: Bundle):
    bundle.config["root"]["path"] = "missing"
    with pytest.raises(Refused, match="no such file or directory"):
        container.create()


def test_create_leaves_the_process_waiting(container: Container, bundle: Bundle):
    bundle.script("echo called > /output")
    container.create()
    assert container.status() == "created"
    assert not (bundle.rootfs / "output").exists()


def test_create_of_an_id_in_use_is_an_error(container: Container, runtime: Runtime, bundle: Bundle):
    container.create()
    done = runtime.result("create", "--bundle", bundle.directory, container.id)
    assert done.returncode == 1
    assert "container with given ID already exists" in done.stderr
    assert container.status() == "created"


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["no-such-program"], 'exec: "no-such-program": executable file not found in $PATH'),
        (["/no/such/program"], 'exec: "/no/such/program": stat /no/such/program: no such file or directory'),
        (["/etc/passwd"], 'exec: "/etc/passwd": permission denied'),
    ],
)
def test_create_of_a_program_that_cannot_run_is_an_error(container: Container, bundle: Bundle, args, reason):
    bundle.process["args"] = args
    with pytest.raises(Refused) as caught:
        container.create()
    assert reason in str(caught.value).replace("\\", "")
    assert not (container.runtime.root / container.id).exists()


def test_create_writes_the_pid_file(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    container.create()  # which has the flag --pid-file
    assert container.pid == container.state()["pid"]
    container.start()
    assert container.pid == container.state()["pid"]


def test_a_config_that_changes_after_create_has_no_effect(container: Container, bundle: Bundle):
    bundle.script("echo before; hostname")
    bundle.config["hostname"] = "before"
    container.create()
    bundle.script("echo after; hostname")
    bundle.config["hostname"] = "after"
    bundle.save()
    container.start()
    assert container.wait().lines == ["before", "before"]


def test_unknown_properties_are_ignored(container: Container, bundle: Bundle):
    bundle.config["unknown"] = {"key": "value"}
    bundle.linux["unknown"] = ["value"]
    bundle.config["annotations"] = {"org.example.key": "value"}
    assert container.run().code == 0
