"""Outputs, caches, platforms and statements of builds by real buildx (Debian 13's), and how others read them."""

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.builds.conftest import Buildx
from tests.peers import program
from tests.peers.buildx import buildx_client
from tests.peers.images import busybox_image
from tests.peers.registry import RunningRegistry, registry
from tests.support.client import Docker
from tests.support.engine import dockyard_engine
from tests.support.packs import fetch_manifest

pytestmark = [pytest.mark.peer("buildx", "docker-26"), pytest.mark.dockyard_only]

COPIED = 'FROM scratch\nCOPY a.txt /data/\nENV A=b\nCMD ["/none"]\n'
RUNS = """\
FROM busybox AS made
COPY a.txt /a
RUN --network=none cat /a /a > /b && date +%s%N > /when
FROM busybox
COPY --from=made /b /when /c/
RUN --network=none wc -l /c/b
"""
FILES = {"a.txt": "a\n"}
BOTH = "--platform=linux/amd64,linux/arm64"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


def told(path: Path) -> Any:
    return json.loads(path.read_text())


def test_files_go_to_a_folder_and_an_archive(buildx: Buildx, tmp_path: Path) -> None:
    buildx(COPIED, FILES, f"--output=type=local,dest={tmp_path}/one", "--provenance=mode=max")
    assert (tmp_path / "one/data/a.txt").read_text() == "a\n"
    statement = told(tmp_path / "one/provenance.json")
    assert statement["predicateType"] == "https://slsa.dev/provenance/v0.2"
    assert {"name": "data/a.txt", "digest": {"sha256": hashlib.sha256(b"a\n").hexdigest()}} in statement["subject"]
    buildx(COPIED, FILES, f"--output=type=tar,dest={tmp_path}/two.tar", BOTH)
    with tarfile.open(tmp_path / "two.tar") as archive:
        assert [one.name for one in archive if one.isfile()] == ["linux_amd64/data/a.txt", "linux_arm64/data/a.txt"]


def test_archives_and_layouts_are_read_by_skopeo_and_by_docker_load(buildx: Buildx, tmp_path: Path) -> None:
    metadata = tmp_path / "metadata"
    arguments = ("-t", "ours/out:1", f"--metadata-file={metadata}", "--provenance=false")
    buildx(COPIED, FILES, *arguments, f"--output=type=docker,dest={tmp_path}/docker.tar")
    loaded = buildx.docker("load", "-q", "-i", str(tmp_path / "docker.tar"))
    assert "ours/out:1" in loaded
    assert (
        buildx.docker.inspect("ours/out:1", "--type", "image")["Id"] == told(metadata)["containerimage.config.digest"]
    )
    buildx(
        COPIED, FILES, *arguments, f"--output=type=oci,dest={tmp_path}/oci.tar,compression=zstd,force-compression=true"
    )
    skopeo = program("skopeo")
    skopeo.run("copy", "--insecure-policy", f"oci-archive:{tmp_path}/oci.tar", f"dir:{tmp_path}/copied")
    manifest = (tmp_path / "copied/manifest.json").read_bytes()
    assert f"sha256:{hashlib.sha256(manifest).hexdigest()}" == told(metadata)["containerimage.digest"]
    assert json.loads(manifest)["layers"][0]["mediaType"].endswith("+zstd")
    buildx(COPIED, FILES, *arguments, f"--output=type=oci,dest={tmp_path}/layout,tar=false")
    inspected = skopeo.run("inspect", f"oci:{tmp_path}/layout:docker.io/ours/out:1").stdout
    assert json.loads(inspected)["Digest"] == told(metadata)["containerimage.digest"]


@pytest.mark.peer("docker-registry")
def test_an_index_of_platforms_is_pushed_with_its_attestations(
    buildx: Buildx, tmp_path: Path, target: RunningRegistry
) -> None:
    metadata, name = tmp_path / "metadata", f"{target.address}/team/multi:1"
    buildx(COPIED, FILES, "-t", name, BOTH, "--push", "--provenance=mode=min", f"--metadata-file={metadata}")
    pushed = fetch_manifest(target.address, "team/multi", "1")
    assert f"sha256:{hashlib.sha256(pushed).hexdigest()}" == told(metadata)["containerimage.digest"]
    index = json.loads(pushed)
    assert [one["platform"]["architecture"] for one in index["manifests"]] == ["amd64", "arm64", "unknown", "unknown"]
    attestation = json.loads(fetch_manifest(target.address, "team/multi", index["manifests"][3]["digest"]))
    statement = json.loads(target.blob(attestation["layers"][0]["digest"]).read_bytes())
    assert statement["subject"][0]["digest"]["sha256"] == index["manifests"][1]["digest"][7:]
    assert statement["predicate"]["invocation"]["parameters"]["frontend"] == "dockerfile.v0"
    # the store has the same: pushed again under another name, not a byte is different
    buildx.docker("tag", name, f"{target.address}/team/again:2")
    buildx.docker("push", f"{target.address}/team/again:2")
    assert fetch_manifest(target.address, "team/again", "2") == pushed


@pytest.mark.peer("docker-registry")
@pytest.mark.parametrize("how", ["registry", "local", "inline"])
def test_another_machine_runs_nothing_that_is_in_the_cache(
    buildx: Buildx, tmp_path: Path, bridge_name: str, target: RunningRegistry, how: str
) -> None:
    name = f"{target.address}/cache/{how}:1"
    to, source, more = {
        "registry": (f"type=registry,ref={name},mode=max", f"type=registry,ref={name}", ()),
        "local": (f"type=local,dest={tmp_path}/cache,mode=max", f"type=local,src={tmp_path}/cache", ()),
        "inline": ("type=inline", f"type=registry,ref={name}", ("-t", name, "--push")),
    }[how]
    first, second = tmp_path / "first", tmp_path / "second"
    buildx(RUNS, FILES, f"--cache-to={to}", f"--metadata-file={first}", "--provenance=false", *more)
    with dockyard_engine(f"{bridge_name}c{how[0]}") as other:
        other.docker("load", "-q", "-i", str(busybox_image()))
        client = Docker(buildx_client(other.docker.host, tmp_path / "other-config", 26))
        (tmp_path / "other").mkdir()
        builds = Buildx(client, tmp_path / "other")
        done = builds.result(RUNS, FILES, f"--cache-from={source}", f"--metadata-file={second}", "--provenance=false")
        assert done.code == 0, done.err
        steps = {line.split()[0]: line for line in done.err.splitlines() if "/3] " in line}
        cached = [text for number, text in steps.items() if f"{number} CACHED" in done.err]
        if how == "inline":  # the image has no stage that is only copied from
            assert f"importing cache manifest from {name}" in done.err
            assert not any("stage-1 3/3] RUN" in text for text in cached)  # `when` was made anew
            return
        assert len(cached) == len(steps) == 5
        assert told(first)["containerimage.config.digest"] == told(second)["containerimage.config.digest"]


def test_a_cache_of_no_use_is_told_of(buildx: Buildx, tmp_path: Path) -> None:
    buildx(COPIED, FILES, f"--cache-to=type=local,dest={tmp_path}/cache", "--output=type=cacheonly")
    done = buildx.result(
        "FROM scratch\nCOPY a.txt /other\n",
        FILES,
        f"--cache-from=type=local,src={tmp_path}/cache",
        "--no-cache-filter=x",
    )
    assert done.code == 0, done.err
    assert "no matching records: none of its 1 records is of a step of this build" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cache-to=type=azblob,account_url=x,name=y",), 'unknown cache exporter: "azblob"'),
        (("--cache-from=type=azblob,account_url=x,name=y",), "unknown cache importer: azblob"),
        (("--output=type=image,name=x,compression=lz4",), "unsupported layer compression type: lz4"),
        (("--output=type=image,name=x,colour=red",), 'unknown attribute "colour" for exporter'),
        (("--output=type=docker,dest=x.tar", BOTH), "docker exporter does not"),
        (("--sbom=true",), "docker/buildkit-syft-scanner"),
    ],
)
def test_what_there_is_not_is_refused(buildx: Buildx, arguments: tuple[str, ...], message: str) -> None:
    done = buildx.result(COPIED, FILES, *arguments)
    assert done.code != 0
    assert message in done.err


def test_a_scanner_tells_what_is_in_the_image(buildx: Buildx, tmp_path: Path) -> None:
    scanner = 'FROM busybox\nCOPY --chmod=755 scan /scan\nCMD ["/scan"]\n'
    script = (
        '#!/bin/sh\ntest "$BUILDKIT_SCAN_LEVEL" = 3 || exit 7\nmkdir -p $BUILDKIT_SCAN_DESTINATION\n'
        'echo "{\\"predicateType\\":\\"https://spdx.dev/Document\\",\\"predicate\\":'
        '{\\"found\\":\\"$(cat $BUILDKIT_SCAN_SOURCE/data/a.txt)\\"}}" > ${BUILDKIT_SCAN_DESTINATION}sbom.spdx.json\n'
    )
    buildx(scanner, {"scan": script}, "-t", "scanner:1", "--provenance=false")
    arguments = ("--attest=type=sbom,generator=scanner:1,LEVEL=3", "--network=none")
    buildx(COPIED, FILES, *arguments, f"--output=type=local,dest={tmp_path}/out")
    statement = told(tmp_path / "out" / "sbom.spdx.json")
    assert statement["predicateType"] == "https://spdx.dev/Document"
    assert statement["predicate"] == {"found": "a"}
    buildx(COPIED, FILES, *arguments, f"--output=type=oci,dest={tmp_path}/oci.tar")
    with tarfile.open(tmp_path / "oci.tar") as archive:
        blobs = [json.loads(data) for one in archive if (data := _json(archive, one))]
    assert any(one.get("predicate") == {"found": "a"} for one in blobs if isinstance(one, dict))
    config = next(one for one in blobs if isinstance(one, dict) and one.get("config", {}).get("Env"))
    assert "SCAN" not in json.dumps(config)


def test_a_platform_that_cannot_run_here_says_so(buildx: Buildx) -> None:
    # The beginning of a program for arm64, which no processor of another kind starts.
    program_of_arm = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xb7\x00\x01\x00\x00\x00" + bytes(200)
    done = buildx.result(
        "FROM scratch\nCOPY --chmod=755 sh /bin/sh\nRUN true\n", {"sh": program_of_arm}, "--platform=linux/arm64"
    )
    assert done.code != 0
    assert "exec format error" in done.err


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    data = file.read() if file is not None else b""
    return data if data.startswith(b"{") else b""


@pytest.mark.peer("docker-registry")
def test_pushes_and_caches_use_the_clients_login(buildx: Buildx, tmp_path: Path) -> None:
    with registry(tmp_path / "closed", users={"me": "secret"}) as closed:
        name = f"{closed.address}/team/own:1"
        arguments = ("-t", name, "--push", f"--cache-to=type=registry,ref={closed.address}/team/cache:1")
        refused = buildx.result(COPIED, FILES, *arguments)
        assert refused.code != 0
        assert f"failed to push {name}: " in refused.err
        login = base64.b64encode(b"me:secret").decode()
        config = tmp_path / "config" / "config.json"
        config.write_text(json.dumps({"auths": {closed.address: {"auth": login}}}))
        buildx(COPIED, FILES, *arguments)
        headers = {"Authorization": f"Basic {login}"}
        index = json.loads(fetch_manifest(closed.address, "team/own", "1", headers))
        assert index["manifests"][1]["annotations"]["vnd.docker.reference.type"] == "attestation-manifest"
        cache = json.loads(fetch_manifest(closed.address, "team/cache", "1", headers))
        assert cache["config"]["mediaType"] == "application/vnd.buildkit.cacheconfig.v0"
        # a cache that this client may not read doesn't keep the build from being done
        config.write_text("{}")
        done = buildx.result(COPIED, FILES, f"--cache-from={closed.address}/team/cache:1")
        assert done.code == 0, done.err
        assert f"importing cache manifest from {closed.address}/team/cache:1" in done.err


def test_a_layout_of_the_client_is_what_a_stage_stands_on(buildx: Buildx, tmp_path: Path) -> None:
    buildx(COPIED, FILES, f"--output=type=oci,dest={tmp_path}/layout,tar=false", "-t", "layout:1", BOTH)
    buildx.docker.result("rmi", "-f", "layout:1")
    # what the store has of it is made anew from what the client offers
    digest = told(tmp_path / "layout/index.json")["manifests"][0]["digest"]
    context = f"--build-context=base=oci-layout://{tmp_path}/layout@{digest}"
    for platform in ("linux/amd64", "linux/arm64"):
        where = tmp_path / platform.replace("/", "-")
        buildx(
            "FROM base\nCOPY b /b\n", {"b": "b"}, context, f"--platform={platform}", f"--output=type=oci,dest={where}"
        )
        with tarfile.open(where) as archive:
            blobs = [json.loads(data) for one in archive if (data := _json(archive, one))]
        config = next(one for one in blobs if "rootfs" in one and one["os"] == "linux")
        assert (config["architecture"], len(config["rootfs"]["diff_ids"])) == (platform.partition("/")[2], 2)
        assert "A=b" in config["config"]["Env"]
    missing = "sha256:" + "0" * 64
    done = buildx.result("FROM base\n", {}, f"--build-context=base=oci-layout://{tmp_path}/layout@{missing}")
    assert done.code != 0
    assert "not found" in done.err
