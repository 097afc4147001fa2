"""Statements about builds have the shape of BuildKit's: key for key as Docker 28 wrote them for the same Dockerfile."""

import json
from typing import Any

import pytest

from dockyard.builder.attest.facts import BuildFacts, ImageMaterial
from dockyard.builder.attest.graph import build_config
from dockyard.builder.attest.provenance import provenance
from dockyard.builder.attest.request import ProvenanceRequest, SbomRequest, parse_attests
from dockyard.builder.dockerfile.source import Span
from dockyard.builder.graph import Base, LocalTree, Run, Sandbox, SecretMount, Selection, Transfer, Vertex
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform

AMD64 = Platform("amd64", "linux")
BUSYBOX = Vertex(Base("sha256:" + "c" * 64, "busybox"), name="FROM busybox", span=Span(1, 1))
CONTEXT = Vertex(LocalTree("context"))
COPY = Vertex(Transfer("COPY", (Selection(1, ("/a.txt",)),), "/x"), (BUSYBOX, CONTEXT), "COPY a.txt /x", Span(3, 3))
RUN = Vertex(Run(("true",), ("A=b",), "/", "", "none", mounts=(SecretMount("/s", "token"),)), (COPY,), span=Span(4, 5))
FACTS = BuildFacts(
    "dockerfile.v0",
    {"build-arg:V": "1", "label:x": "y", "filename": "D2", "platform": "linux/amd64", "attest:provenance": "mode=max"},
    AMD64,
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:01Z",
    "invocation",
    images=(ImageMaterial("busybox", "sha256:" + "d" * 64, AMD64),),
    locals=("dockerfile", "context"),
    secrets=(("token", True),),
    root=RUN,
    filename="D2",
    dockerfile=b"FROM busybox\n",
)


def predicate(request: ProvenanceRequest, facts: BuildFacts = FACTS) -> Any:
    return json.loads(provenance(request, facts).predicate)


def test_min_tells_of_no_arguments() -> None:
    assert predicate(ProvenanceRequest(complete=False)) == {
        "builder": {"id": ""},
        "buildType": "https://mobyproject.org/buildkit@v1",
        "materials": [{"uri": "pkg:docker/busybox@latest?platform=linux%2Famd64", "digest": {"sha256": "d" * 64}}],
        "invocation": {
            "configSource": {"entryPoint": "D2"},
            "parameters": {"frontend": "dockerfile.v0", "locals": [{"name": "context"}, {"name": "dockerfile"}]},
            "environment": {"platform": "linux/amd64"},
        },
        "metadata": {
            "buildInvocationID": "invocation",
            "buildStartedOn": "2026-01-01T00:00:00Z",
            "buildFinishedOn": "2026-01-01T00:00:01Z",
            "completeness": {"parameters": False, "environment": True, "materials": False},
            "reproducible": False,
            "https://mobyproject.org/buildkit@v1#metadata": {},
        },
    }


def test_version_1_has_other_places_for_the_same() -> None:
    assert predicate(ProvenanceRequest(complete=False, version="v1")) == {
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
            "resolvedDependencies": [
                {"uri": "pkg:docker/busybox@latest?platform=linux%2Famd64", "digest": {"sha256": "d" * 64}}
            ],
            "externalParameters": {
                "configSource": {"path": "D2"},
                "request": {"frontend": "dockerfile.v0", "locals": [{"name": "context"}, {"name": "dockerfile"}]},
            },
            "internalParameters": {"builderPlatform": "linux/amd64"},
        },
        "runDetails": {
            "builder": {"id": ""},
            "metadata": {
                "invocationId": "invocation",
                "startedOn": "2026-01-01T00:00:00Z",
                "finishedOn": "2026-01-01T00:00:01Z",
                "buildkit_metadata": {},
                "buildkit_completeness": {"request": False, "resolvedDependencies": False},
            },
        },
    }


def test_max_has_the_graph_with_arguments_and_places_but_no_secret() -> None:
    told = predicate(ProvenanceRequest())
    assert told["invocation"]["parameters"]["args"] == {"build-arg:V": "1", "label:x": "y"}
    assert told["invocation"]["parameters"]["secrets"] == [{"id": "token", "optional": True}]
    steps = told["buildConfig"]["llbDefinition"]
    assert [one.get("inputs") for one in steps] == [None, None, ["step0:0", "step1:0"], ["step2:0"], ["step3:0"]]
    assert steps[0]["op"]["Op"]["source"]["identifier"] == f"docker-image://busybox@sha256:{'d' * 64}"
    copy = steps[2]["op"]["Op"]["file"]["actions"][0]
    assert (copy["input"], copy["secondaryInput"], copy["Action"]["copy"]["src"]) == (0, 1, "/a.txt")
    assert steps[3]["op"]["Op"]["exec"]["mounts"][1]["secretOpt"] == {"ID": "token", "optional": True}
    source = told["metadata"]["https://mobyproject.org/buildkit@v1#metadata"]["source"]
    assert source["locations"]["step3"] == {"locations": [{"ranges": [{"start": {"line": 4}, "end": {"line": 5}}]}]}
    assert source["infos"][0]["data"] == "RlJPTSBidXN5Ym94Cg=="
    assert told["buildConfig"]["digestMapping"][RUN.digest] == "step3"


def test_credentials_in_urls_are_told_to_nobody() -> None:
    facts = BuildFacts(
        "dockerfile.v0",
        {"context": "https://me:pass@example.com/r.git#main", "vcs:source": "https://me:pass@example.com/r"},
        AMD64,
        "",
        "",
        "",
        git=(("https://me:pass@example.com/r.git", "a" * 40),),
    )
    for version in ("v0.2", "v1"):
        text = json.dumps(predicate(ProvenanceRequest(version=version), facts))
        assert "me:pass" not in text
        assert "a" * 40 in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attest:what": ""}, 'unknown attestation type "what"'),
        ({"attest:provenance": "mode=some"}, 'invalid mode "some"'),
        ({"attest:provenance": "version=v3"}, "invalid provenance SLSA version: v3"),
        ({"attest:provenance": "colour=red"}, "unknown attribute"),
    ],
)
def test_what_nobody_knows_is_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        parse_attests(options)


def test_what_buildx_sends_is_understood() -> None:
    asked = parse_attests(
        {
            "attest:provenance": "type=provenance,mode=min,inline-only=true",
            "attest:sbom": "generator=x,LEVEL=2",
            "target": "a",
        }
    )
    assert asked.provenance == ProvenanceRequest(complete=False, inline_only=True)
    assert asked.sbom == SbomRequest("x", {"LEVEL": "2"})
    assert parse_attests({"build-arg:BUILDKIT_ATTEST_SBOM": ""}).sbom == SbomRequest()
    assert parse_attests({}).provenance is None


def test_what_a_command_runs_in_is_told():
    sandbox = Sandbox("h", ("a:1.2.3.4", "b:::1"), (("nofile", 1, 2),), 64, "/parent")
    run = Vertex(Run(("true",), (), "/", "", sandbox=sandbox), (Vertex(Base(None)),))
    told = build_config(run, {})["llbDefinition"][1]["op"]["Op"]["exec"]
    assert told["meta"] == {
        "args": ["true"], "env": [], "cwd": "/", "hostname": "h", "cgroupParent": "/parent",
        "extraHosts": [{"Host": "a", "IP": "1.2.3.4"}, {"Host": "b", "IP": "::1"}],
        "ulimit": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
    }  # fmt: skip
    assert told["mounts"][1] == {"dest": "/dev/shm", "mountType": "TMPFS", "TmpfsOpt": {"size": 64}}
