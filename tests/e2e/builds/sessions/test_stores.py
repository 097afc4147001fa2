"""Folders of the client as stores: caches, layouts as results and as contexts."""

import json

import pytest
from tests.e2e.builds.sessions.conftest import Sessions

from dockyard.client.build.failure import BuildFailed

QUIET = {"network": "none"}
DOCKERFILE = "FROM busybox\nRUN od -An -N8 -tx8 /dev/urandom >/r\nCOPY f /f\n"


@pytest.fixture
def ours(engine, tmp_path):
    """Our daemon alone: Docker 26 without containerd's image store writes neither."""
    made = Sessions(engine.docker, tmp_path)
    yield made
    made.client.close()


def test_a_cache_in_a_folder(ours, tmp_path):
    folder = str(ours.context(DOCKERFILE, {"f": "1"}))
    place = str(tmp_path / "cache")
    caches = {"cache_from": [f"type=local,src={place}"], "cache_to": [f"type=local,dest={place},mode=max"]}
    first = ours.client.build(folder, **caches, **QUIET).image_id
    random = ours.run(first, "cat", "/r")
    assert json.loads((tmp_path / "cache" / "index.json").read_text())["manifests"]
    ours.docker("rmi", "-f", first)
    ours.docker("builder", "prune", "-af")
    steps = []
    again = ours.client.build(folder, progress=lambda update: steps.extend(update.steps), **caches, **QUIET).image_id
    assert ours.run(again, "cat", "/r") == random
    assert any("RUN" in step.name and step.cached for step in steps)


def test_a_layout_as_a_result(ours, tmp_path):
    folder = str(ours.context(DOCKERFILE, {"f": "1"}))
    built = ours.client.build(folder, tags=["x/y:1"], outputs=[f"type=oci,tar=false,dest={tmp_path}/out"], **QUIET)
    (found,) = json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]
    assert found["digest"] == built.digest
    assert found["annotations"]["io.containerd.image.name"].endswith("x/y:1")
    blob = tmp_path / "out" / "blobs" / found["digest"].replace(":", "/")
    assert json.loads(blob.read_text())["schemaVersion"] == 2


def test_a_layout_as_a_context(sessions, ours, tmp_path):
    """Docker's daemon doesn't know them, for want of containerd's image store: it is asked for them, and says so."""
    folder = str(ours.context("FROM busybox\nRUN echo in a layout >/l\n"))
    place = f"{tmp_path}/layout"
    ours.client.build(folder, outputs=[f"type=oci,tar=false,dest={place}"], **QUIET)
    (tmp_path / "context9").mkdir()
    (tmp_path / "context9" / "Dockerfile").write_text("FROM base\nRUN cp /l /m\n")
    contexts = {"base": f"oci-layout://{place}"}
    if sessions.is_oracle:
        with pytest.raises(BuildFailed, match="oci-layout"):
            sessions.client.build(f"{tmp_path}/context9", build_contexts=contexts, **QUIET)
        return
    image = sessions.client.build(f"{tmp_path}/context9", build_contexts=contexts, **QUIET).image_id
    assert sessions.run(image, "cat", "/m") == "in a layout"
