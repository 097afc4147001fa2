"""Archives of images for several platforms, also of those who mean harm: what is read, and what is refused."""

import hashlib
import json
from typing import Any

import pytest

from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.image.descriptor import Platform
from dockyard.store.archive import families, remembered
from dockyard.store.archive.families import PackedFamily, choose, families_in

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
AMD64 = Platform("amd64", "linux")


class Files:
    """An archive in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"oci-layout": b"{}"}

    def has(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise InvalidParameter(f"invalid archive: {path} is missing")
        return self.files[path]

    def blob(self, path: str) -> Any:
        raise AssertionError(f"layers aren't looked at: {path}")

    def add(self, value: Any, media_type: str, **fields: Any) -> dict[str, Any]:
        """A blob; its descriptor."""
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data), **fields}

    def image(self, architecture: str, **fields: Any) -> dict[str, Any]:
        """An image's manifest, with its platform."""
        config = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
        manifest = {"schemaVersion": 2, "config": self.add(config, CONFIG), "layers": []}
        return self.add(manifest, MANIFEST, platform={"architecture": architecture, "os": "linux"}, **fields)

    def index(self, *manifests: dict[str, Any], name: str = "a:1") -> dict[str, Any]:
        """An index of these, by name."""
        names = {"io.containerd.image.name": f"docker.io/library/{name}"}
        return self.add({"schemaVersion": 2, "manifests": manifests}, INDEX, annotations=names)

    def families(self, *entries: dict[str, Any]) -> list[PackedFamily]:
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
        return families_in(self)


def architectures(family: PackedFamily) -> list[str]:
    return [member.platform.architecture for member in family.members]


def test_the_best_for_the_machine_gets_the_names() -> None:
    files = Files()
    families = files.families(files.index(files.image("s390x"), files.image("386"), files.image("amd64")))
    [chosen] = choose(families, AMD64, ())
    assert architectures(chosen) == ["amd64", "386", "s390x"]
    assert [member.image.names for member in chosen.members] == [("docker.io/library/a:1",), (), ()]
    [other] = choose(families, AMD64, [Platform("s390x", "linux")])
    assert architectures(other) == ["s390x"]
    assert other.members[0].image.names == ("docker.io/library/a:1",)
    with pytest.raises(NotFound, match=r"specified platform \(linux/arm64\)"):
        choose(families, AMD64, [Platform("arm64", "linux")])


def test_what_an_index_names_and_the_archive_lacks_is_left_out() -> None:
    files = Files()
    gone = files.image("arm64")
    del files.files[f"blobs/sha256/{gone['digest'][7:]}"]
    [family] = files.families(files.index(files.image("amd64"), gone))
    assert architectures(family) == ["amd64"]


def test_several_names_of_one_index_are_one_family() -> None:
    files = Files()
    entry = files.index(files.image("amd64"))
    other = {**entry, "annotations": {"io.containerd.image.name": "docker.io/library/b:2"}}
    [family] = files.families(entry, other)
    assert family.members[0].image.names == ("docker.io/library/a:1", "docker.io/library/b:2")


def test_what_is_named_many_times_is_one() -> None:
    files = Files()
    image, about = files.image("amd64"), files.image("unknown")
    about["platform"]["os"] = "unknown"
    [family] = files.families(files.index(*[image] * 5000, files.index(image), *[about] * 5000))
    assert architectures(family) == ["amd64"]
    assert len(family.companions) == 2
    [family] = files.families(*[image] * 5000)
    assert architectures(family) == ["amd64"]
    config = json.loads(files.files[f"blobs/sha256/{image['digest'][7:]}"])["config"]["digest"]
    items = [{"Config": f"blobs/sha256/{config[7:]}", "RepoTags": [f"a:{n}"], "Layers": []} for n in range(5000)]
    files.files["manifest.json"] = json.dumps(items).encode()
    [family] = files.families(image)
    assert len(family.members[0].image.names) == 5000


def test_there_are_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files()
    many = [files.image(f"arch{n}") for n in range(1001)]
    assert len(files.families(files.index(*many[:999]))[0].members) == 999
    with pytest.raises(InvalidParameter, match="more than 1000 manifests in one image index"):
        files.families(files.index(*many))
    monkeypatch.setattr(families, "IMAGES", 10)
    with pytest.raises(InvalidParameter, match="more than 10 images"):
        files.families(files.index(*many[:6]), files.index(*many[:7]))
    with pytest.raises(InvalidParameter, match="more than 10 images"):
        files.families(*many[:11])
    monkeypatch.setattr(remembered, "DOCUMENT_BYTES", 1 << 10)
    with pytest.raises(InvalidParameter, match="more than 1024 bytes of manifests"):
        files.families(files.index(*many[:9]))


def test_an_index_below_an_index() -> None:
    files = Files()
    [family] = files.families(files.index(files.image("amd64"), files.index(files.image("arm64"))))
    assert architectures(family) == ["amd64", "arm64"]
    entry = files.index(files.image("amd64"))
    for _ in range(5):
        entry = files.index(entry)
    with pytest.raises(InvalidParameter, match="nested too deeply"):
        files.families(entry)


def test_a_manifest_json_beside_an_index_is_for_old_readers() -> None:
    files = Files()
    files.files["manifest.json"] = b"[]"
    assert [architectures(one) for one in files.families(files.index(files.image("amd64")))] == [["amd64"]]
    assert files.families(files.image("amd64")) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda files, index: files.files.update({f"blobs/sha256/{index['digest'][7:]}": b"{}"}),
        lambda files, index: files.files.update({f"blobs/sha256/{index['digest'][7:]}": b"\xff"}),
        lambda files, index: index.update(digest="sha256:../../etc/passwd"),
        lambda files, index: index.update(digest=None),
        lambda files, index: index.update(mediaType=5),
    ],
)
def test_lies_are_refused(change: Any) -> None:
    files = Files()
    index = files.index(files.image("amd64"))
    change(files, index)
    with pytest.raises(InvalidParameter):
        files.families(index)


def test_statements_are_no_images() -> None:
    files = Files()
    blob = files.add({"predicateType": "x"}, "application/vnd.in-toto+json")
    manifest = {"schemaVersion": 2, "config": files.add({}, CONFIG), "layers": [blob]}
    about = files.add(manifest, MANIFEST, platform={"architecture": "unknown", "os": "unknown"})
    [family] = files.families(files.index(files.image("amd64"), about))
    assert architectures(family) == ["amd64"]
    assert [media_type for media_type, _ in family.companions][-1] == MANIFEST
    with pytest.raises(InvalidParameter, match="without an image"):
        files.families(files.index(about))
    del files.files[f"blobs/sha256/{blob['digest'][7:]}"]
    [family] = files.families(files.index(files.image("amd64"), about))
    assert family.companions == ()
