"""How something was built, as SLSA has it: the predicate of an in-toto statement.

`min` tells of sources and of how the build was asked for, without arguments; `max` also arguments, the graph and the
Dockerfile. Values of secrets are in neither; build arguments are in `max`, as their documentation warns.

https://slsa.dev/spec/v0.2/provenance, https://slsa.dev/spec/v1.0/provenance,
https://github.com/moby/buildkit/blob/v0.25.1/docs/attestations/slsa-definitions.md
"""

import base64
from urllib.parse import quote, urlsplit, urlunsplit

from dockyard.builder.attest.facts import BuildFacts, ImageMaterial
from dockyard.builder.attest.graph import build_config, source_metadata
from dockyard.builder.attest.request import ProvenanceRequest
from dockyard.builder.export.contract import Attestation
from dockyard.builder.export.manifests import indented, package_url
from dockyard.spec.image.fields import Json
from dockyard.spec.image.platform import normalized, platform_text

SLSA_02 = "https://slsa.dev/provenance/v0.2"
SLSA_1 = "https://slsa.dev/provenance/v1"
_TYPE_02 = "https://mobyproject.org/buildkit@v1"
_TYPE_1 = "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md"
_HOSTS_OWN = frozenset(("cgroup-parent", "image-resolve-mode", "platform", "cache-imports"))


def provenance(request: ProvenanceRequest, facts: BuildFacts) -> Attestation:
    """The statement about a build."""
    newer = request.version == "v1"
    predicate = _version_1(request, facts) if newer else _version_02(request, facts)
    return Attestation(
        SLSA_1 if newer else SLSA_02, indented(predicate), request.filename, inline_only=request.inline_only
    )


def _version_02(request: ProvenanceRequest, facts: BuildFacts) -> Json:
    source, parameters, whole = _asked(request, facts)
    entry = source.pop("path", None)
    hidden = _TYPE_02 + "#metadata"
    metadata: Json = {
        "buildInvocationID": facts.invocation,
        "buildStartedOn": facts.started,
        "buildFinishedOn": facts.finished,
        "completeness": {"parameters": whole, "environment": True, "materials": not facts.locals},
        "reproducible": request.reproducible,
        hidden: _metadata(request, facts),
    }
    if _hermetic(facts):
        metadata[_TYPE_02 + "#hermetic"] = True
    predicate: Json = {
        "builder": {"id": request.builder_id},
        "buildType": _TYPE_02,
        "materials": _materials(facts),
        "invocation": {
            "configSource": source | ({"entryPoint": entry} if entry else {}),
            "parameters": parameters,
            "environment": {"platform": platform_text(normalized(facts.builder))},
        },
    }
    if request.complete and facts.root is not None:
        predicate["buildConfig"] = build_config(facts.root, _digests(facts))
    return predicate | {"metadata": metadata}


def _version_1(request: ProvenanceRequest, facts: BuildFacts) -> Json:
    source, parameters, whole = _asked(request, facts)
    internal: Json = {"builderPlatform": platform_text(normalized(facts.builder))}
    if request.complete and facts.root is not None:
        internal["buildConfig"] = build_config(facts.root, _digests(facts))
    metadata: Json = {
        "invocationId": facts.invocation,
        "startedOn": facts.started,
        "finishedOn": facts.finished,
        "buildkit_metadata": _metadata(request, facts),
        "buildkit_completeness": {"request": whole, "resolvedDependencies": not facts.locals},
    }
    if _hermetic(facts):
        metadata["buildkit_hermetic"] = True
    if request.reproducible:
        metadata["buildkit_reproducible"] = True
    return {
        "buildDefinition": {
            "buildType": _TYPE_1,
            "resolvedDependencies": _materials(facts),
            "externalParameters": {"configSource": source, "request": parameters},
            "internalParameters": internal,
        },
        "runDetails": {"builder": {"id": request.builder_id}, "metadata": metadata},
    }


def _asked(request: ProvenanceRequest, facts: BuildFacts) -> tuple[Json, Json, bool]:
    """Where the build's recipe came from, how it was asked for, and whether that is all that there is to say."""
    options = {
        key: value
        for key, value in facts.options.items()
        if key not in _HOSTS_OWN and not key.startswith(("attest:", "build-arg:BUILDKIT_ATTEST_"))
    }
    source: Json = {}
    key = options.pop("contextkey", "context")
    if context := options.pop(key, ""):
        source["uri"] = _without_user(context)
        for url, commit in facts.git:
            if commit and context.partition("#")[0] == url:
                source["digest"] = {_commit_kind(commit): commit}
    if filename := options.pop("filename", facts.filename):
        source["path"] = filename
    # `vcs:…` are told among the metadata.
    told = {name: value for name, value in options.items() if not name.startswith("vcs:")}
    whole = True
    if not request.complete:
        kept = {name: value for name, value in told.items() if not name.startswith(("build-arg:", "label:"))}
        whole = len(kept) == len(told)
        told = kept
    parameters: Json = {"frontend": facts.frontend}
    if told:
        parameters["args"] = {name: _shown(name, told[name]) for name in sorted(told)}
    if request.complete:
        for place, named in (("secrets", facts.secrets), ("ssh", facts.agents)):
            if named:
                parameters[place] = [{"id": one} | ({"optional": True} if may else {}) for one, may in sorted(named)]
    if facts.locals:
        parameters["locals"] = [{"name": name} for name in sorted(facts.locals)]
    return source, parameters, whole


def _materials(facts: BuildFacts) -> list[Json]:
    found: list[Json] = [_image(one) for one in facts.images]
    for url, commit in facts.git:
        found.append({"uri": _without_user(url)} | ({"digest": {_commit_kind(commit): commit}} if commit else {}))
    for url, digest in facts.http:
        found.append({"uri": _without_user(url)} | ({"digest": dict([digest.split(":", 1)])} if digest else {}))
    return found


def _image(image: ImageMaterial) -> Json:
    told: Json = {"uri": package_url(image.name, image.platform)}
    return told | ({"digest": dict([image.digest.split(":", 1)])} if image.digest else {})


def _digests(facts: BuildFacts) -> dict[str, str]:
    return {image.name: image.digest for image in facts.images if image.digest}


def _metadata(request: ProvenanceRequest, facts: BuildFacts) -> Json:
    told: Json = {}
    vcs = {key[4:]: _without_user(value) for key, value in facts.options.items() if key.startswith("vcs:") and value}
    if vcs:
        told["vcs"] = vcs
    if request.complete and facts.root is not None:
        data = base64.b64encode(facts.dockerfile).decode()
        told["source"] = source_metadata(facts.root, facts.filename, data)
        steps = {digest: step for step, digest in _steps(facts)}
        layers = {f"{steps[digest]}:0": [list(one)] for digest, one in facts.layers.items() if digest in steps}
        if layers:
            told["layers"] = dict(sorted(layers.items()))
    return told


def _steps(facts: BuildFacts) -> list[tuple[str, str]]:
    assert facts.root is not None
    mapping: dict[str, str] = build_config(facts.root, {})["digestMapping"]
    return [(step, digest) for digest, step in mapping.items()]


def _hermetic(facts: BuildFacts) -> bool:
    return not facts.locals and not facts.network


def _shown(name: str, value: str) -> str:
    return _without_user(value) if name == "context" or name.startswith("context:") else value


def _without_user(url: str) -> str:
    """A URL whose credentials nobody sees."""
    try:
        parts = urlsplit(url)
        if not parts.netloc or parts.username is None:
            return url
    except ValueError:
        return url
    place = parts.netloc.rpartition("@")[2]
    user = quote("xxxxx") + (":xxxxx" if parts.password is not None else "")
    return urlunsplit((parts.scheme, f"{user}@{place}", parts.path, parts.query, parts.fragment))


def _commit_kind(commit: str) -> str:
    return "sha256" if len(commit) == 64 else "sha1"
