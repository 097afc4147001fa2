"""What statements a client asks for: `attest:provenance=mode=max`, `attest:sbom=generator=image`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dockyard.builder.export.attributes import Attributes
from dockyard.errors import InvalidParameter

DEFAULT_GENERATOR: Final = "docker/buildkit-syft-scanner:stable-1"
_PREFIXES: Final = ("attest:", "build-arg:BUILDKIT_ATTEST_")
_VERSIONS: Final = ("v0.2", "v1")


@dataclass(frozen=True, slots=True)
class ProvenanceRequest:
    """`complete`: mode=max. `inline_only`: into images alone. `version`: of SLSA."""

    complete: bool = True
    inline_only: bool = False
    version: str = "v0.2"
    builder_id: str = ""
    filename: str = "provenance.json"
    reproducible: bool = False


@dataclass(frozen=True, slots=True)
class SbomRequest:
    """`generator`: the scanner's image; `parameters` are told to it as BUILDKIT_SCAN_…."""

    generator: str = DEFAULT_GENERATOR
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AttestRequest:
    """What is wanted."""

    provenance: ProvenanceRequest | None = None
    sbom: SbomRequest | None = None


def parse_attests(options: Mapping[str, str]) -> AttestRequest:
    """What a frontend's options ask for. Raises InvalidParameter, in BuildKit's words."""
    wanted: dict[str, dict[str, str]] = {}
    for name, value in options.items():
        prefix = next((one for one in _PREFIXES if name.startswith(one)), None)
        if prefix is None:
            continue
        kind = name.removeprefix(prefix).lower()
        if kind not in ("provenance", "sbom"):
            raise InvalidParameter(f'unknown attestation type "{kind}"')
        given = _fields(kind, value)
        if given.pop("type", kind) != kind:
            raise InvalidParameter(f"failed to parse {kind}: it has another type")
        if given.pop("disabled", "false") != "true":
            wanted[kind] = given
    provenance, sbom = wanted.get("provenance"), wanted.get("sbom")
    return AttestRequest(
        None if provenance is None else _provenance(provenance),
        None if sbom is None else SbomRequest(sbom.pop("generator", "") or DEFAULT_GENERATOR, sbom),
    )


def _fields(kind: str, value: str) -> dict[str, str]:
    try:
        rows = list(csv.reader([value], strict=True)) if value else [[]]
    except csv.Error as error:
        raise InvalidParameter(f"failed to parse {kind}: {error}") from None
    return {key: text for key, _, text in (one.partition("=") for one in rows[0])}


def _provenance(given: dict[str, str]) -> ProvenanceRequest:
    attributes = Attributes("provenance", given)
    mode = attributes.text("mode", "max")
    if mode not in ("min", "max", "full"):
        raise InvalidParameter(f'invalid mode "{mode}"')
    version = attributes.text("version", "v0.2")
    if version not in _VERSIONS:
        raise InvalidParameter(f"invalid provenance SLSA version: {version}")
    request = ProvenanceRequest(
        complete=mode != "min",
        inline_only=attributes.flag("inline-only"),
        version=version,
        builder_id=attributes.text("builder-id"),
        filename=attributes.text("filename", "provenance.json"),
        reproducible=attributes.flag("reproducible"),
    )
    attributes.end()
    return request
