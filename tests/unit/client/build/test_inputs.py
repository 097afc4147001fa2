"""Where contexts and Dockerfiles come from."""

import io
import os
import tarfile

import pytest

from dockyard.client.build.inputs import inputs_of, is_archive
from dockyard.client.build.oci_layout import digest_of, name
from dockyard.client.build.request import BuildRequest, Cache
from dockyard.client.build.stores import Stores
from dockyard.errors import DockyardError, SystemFailure


def test_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "dockerfile").touch()
    (tmp_path / "elsewhere").mkdir()
    with inputs_of(BuildRequest("project")) as inputs:
        assert inputs.folders == {"context": "project", "dockerfile": "project"}
        assert inputs.attributes == {"filename": "dockerfile"}
        assert inputs.shared_key == "project"
        assert inputs.source_name == "project/Dockerfile"
    with inputs_of(BuildRequest("project", "elsewhere/D")) as inputs:
        assert inputs.folders == {"context": "project", "dockerfile": "elsewhere"}
        assert inputs.attributes == {"filename": "D"}
    with inputs_of(BuildRequest("project", "D")) as inputs:
        assert inputs.folders["dockerfile"] == "."


def test_what_comes_from_stdin():
    text = b"FROM scratch\n"
    with inputs_of(BuildRequest("-", stdin=io.BytesIO(text).read)) as inputs:
        folder = inputs.folders["dockerfile"]
        with open(f"{folder}/Dockerfile", "rb") as file:
            assert file.read() == text
        assert os.listdir(inputs.folders["context"]) == []
    assert not os.path.exists(folder)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("Dockerfile"))
    with inputs_of(BuildRequest("-", stdin=io.BytesIO(archive.getvalue()).read)) as inputs:
        (key, pieces), *others = inputs.uploads.items()
        assert inputs.attributes["context"] == f"http://buildkit-session/{key}"
        assert b"".join(pieces()) == archive.getvalue()
        assert not others
        assert not inputs.folders


@pytest.mark.parametrize("kind", ["w", "w:gz", "w:bz2", "w:xz"])
def test_archives_are_known_by_their_beginning(kind):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=kind) as tar:
        tar.addfile(tarfile.TarInfo("x"))
    assert is_archive(data.getvalue()[:1024])


@pytest.mark.parametrize("data", [b"", b"FROM x\n" * 200, bytes(1024), b"\xff" * 1024])
def test_what_is_no_archive(data):
    assert not is_archive(data)


def test_urls_are_the_daemons_matter():
    for url in ("https://github.com/a/b.git#main", "git@github.com:a/b", "http://x/y.tar"):
        with inputs_of(BuildRequest(url, "sub/D", contexts={"c": url})) as inputs:
            assert inputs.attributes["context"] == inputs.attributes["context:c"] == url
            assert inputs.attributes["filename"] == "sub/D"
            assert inputs.folders == {}


def test_named_contexts(tmp_path):
    (tmp_path / "other").mkdir()
    other = str(tmp_path / "other")
    contexts = {"context": other, "x": other, "y": "docker-image://busybox", "z": "target:stage"}
    with inputs_of(BuildRequest(str(tmp_path), contexts=contexts)) as inputs:
        assert inputs.folders["_context"] == inputs.folders["x"] == other
        assert inputs.attributes["context:context"] == "local:_context"
        assert inputs.attributes["context:y"] == "docker-image://busybox"
        assert inputs.attributes["sharedkey:localdir:x"] == "other"


@pytest.mark.parametrize(
    "request_",
    [
        BuildRequest(""),
        BuildRequest("/nonexistent"),
        BuildRequest("-"),
        BuildRequest("-", "-", stdin=lambda size: b""),
        BuildRequest("-", "Dockerfile", stdin=io.BytesIO(b"FROM x").read),
        BuildRequest("/", "/nonexistent/Dockerfile"),
        BuildRequest("/", contexts={"x": "/nonexistent"}),
        BuildRequest("/", contexts={"x": "/etc/passwd"}),
        BuildRequest("/", contexts={"x": "oci-layout:///nonexistent"}),
    ],
)
def test_inputs_that_are_not_there(request_):
    with pytest.raises(DockyardError):
        inputs_of(request_)


def test_layouts(tmp_path):
    folder = str(tmp_path)
    digest = "sha256:" + "a" * 64
    name(folder, {"mediaType": "m", "digest": digest, "size": 1}, tags=["latest"], names=["docker.io/library/x:1"])
    other = "sha256:" + "b" * 64
    name(folder, {"mediaType": "m", "digest": other, "size": 1}, tags=["latest"])
    assert digest_of(folder, "latest") == other
    assert digest_of(folder, "docker.io/library/x:1") == digest
    assert digest_of(folder, "no") == ""
    with inputs_of(BuildRequest(folder, contexts={"x": f"oci-layout://{folder}"})) as inputs:
        (key, found), *_ = inputs.layouts.items()
        assert found == folder
        assert inputs.attributes["context:x"] == f"oci-layout://{key}:latest@{other}"
    (tmp_path / "index.json").write_text("[1]")
    with pytest.raises(SystemFailure):
        digest_of(folder, "latest")


def test_caches_in_folders(tmp_path, caplog):
    digest = "sha256:" + "a" * 64
    source, target = str(tmp_path / "source"), str(tmp_path / "target")
    request = BuildRequest(
        ".", cache_from=(Cache("local", {"src": source}), Cache("registry", {"ref": "r"})),
        cache_to=(Cache("local", {"dest": target, "tag": "t"}),),
    )  # fmt: skip
    stores = Stores(request, {}, ())
    assert [one.type for one in stores.cache_from] == ["registry"]  # a first build has none
    assert "skipped" in caplog.text
    assert stores.folders == {f"local:{target}": target}
    stores.name_results({"cache.manifest": f'{{"digest": "{digest}", "mediaType": "m", "size": 3}}'})
    assert digest_of(target, "t") == digest
    os.makedirs(f"{source}/blobs/sha256")
    (tmp_path / "source" / "blobs" / "sha256" / ("a" * 64)).touch()
    name(source, {"mediaType": "m", "digest": digest, "size": 1}, tags=["latest"])
    stores = Stores(request, {}, ())
    assert stores.cache_from[0].attributes == {"src": source, "digest": digest}
    assert stores.folders[f"local:{source}"] == source
    for wrong in (Cache("local"), Cache("registry")):
        with pytest.raises(DockyardError):
            Stores(BuildRequest(".", cache_from=(wrong,)), {}, ())
        with pytest.raises(DockyardError):
            Stores(BuildRequest(".", cache_to=(wrong,)), {}, ())
