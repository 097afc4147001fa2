"""`delete`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#delete"""

import os
from collections.abc import Callable

import pytest
from tests.conformance.kit import cgroups
from tests.conformance.kit.bundle import Bundle
from tests.conformance.kit.container import Container
from tests.conformance.kit.runtime import Refused, Runtime

pytestmark = pytest.mark.row("N1", "N2")


def test_delete_without_an_id_is_an_error(runtime: Runtime):
    assert runtime.result("delete").returncode != 0


def test_delete_of_no_container_is_an_error(runtime: Runtime):
    done = runtime.result("delete", "missing")
    assert done.returncode == 1
    assert "container does not exist" in done.stderr


def test_delete_by_force_of_no_container_is_none(runtime: Runtime):
    assert runtime.result("delete", "--force", "missing").returncode == 0


def test_delete_of_a_running_container_is_an_error_and_changes_nothing(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    with pytest.raises(Refused, match=f"cannot delete container {container.id} that is not stopped: running"):
        container.delete()
    assert container.status() == "running"
    os.kill(container.pid, 0)


def test_delete_by_force_of_a_running_container(container: Container, bundle: Bundle):
    bundle.process["args"] = ["sleep", "60"]
    container.create()
    container.start()
    container.delete("--force")
    assert container.wait().code == 137
    assert container.runtime.result("state", container.id).returncode == 1


def test_delete_of_a_created_container(container: Container):
    container.create()
    container.delete()
    assert container.runtime.result("state", container.id).returncode == 1


def test_after_delete_the_id_is_free(
    container: Container, bundle: Bundle, make_container: Callable[[Bundle], Container]
):
    assert container.run().code == 0
    again = make_container(bundle)
    again.id = container.id
    bundle.script("exit 3")
    assert again.run().code == 3


def test_delete_removes_what_create_made(container: Container):
    container.create()
    places = cgroups.directories(container.pid)
    made = [place for place in places if container.id in place]
    assert made
    container.start()
    container.wait()
    container.delete()
    assert [place for place in made if os.path.exists(place)] == []
    assert not (container.runtime.root / container.id).exists()


def test_delete_removes_nothing_that_create_did_not_make(container: Container, bundle: Bundle):
    # A cgroup beside the container's, in the parent that both share.
    parent = f"conformance-parent-{container.id}"
    bundle.linux["cgroupsPath"] = f"/{parent}/{container.id}"
    container.create()
    beside = [os.path.dirname(place) + "/beside" for place in cgroups.directories(container.pid) if parent in place]
    assert beside
    for place in beside:
        os.mkdir(place)
    try:
        container.start()
        container.wait()
        container.delete()
        assert [place for place in beside if not os.path.isdir(place)] == []
    finally:
        for place in beside:
            os.rmdir(place)
            os.rmdir(os.path.dirname(place))
