"""Rules of `docker build --check` about what FROM stands on: arguments and platforms. See lint.py."""

from collections.abc import Iterator

from dockyard.builder.dockerfile.lint_text import Finding
from dockyard.builder.dockerfile.stages import Dockerfile
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.builder.dockerfile.words import Mode, scan
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import parse_reference

_SCRATCH = "scratch"
_PLATFORMS = tuple(f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT"))
_KNOWN = (*_PLATFORMS, "TARGETSTAGE")
_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}


def invalid_default_in_from(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Without build arguments there is no image to stand on."""
    mode = Mode(escape=dockerfile.escape)
    values: dict[str, str] = {}
    try:
        for one in dockerfile.arguments:
            for key, default in one.pairs:
                if default is not None:
                    values[key] = scan(default, values, mode).text
        for stage in dockerfile.stages:
            base = scan(stage.begin.base, values, mode).text
            try:
                if base != _SCRATCH:
                    parse_reference(base)
            except InvalidParameter:
                message = f"Default value for ARG {stage.begin.base} results in empty or invalid base image name"
                yield message, stage.begin.line.span
    except InvalidParameter:
        return  # the build will say what is wrong


def undefined_in_from(dockerfile: Dockerfile) -> Iterator[Finding]:
    """FROM uses an argument that no ARG before it declares."""
    known = (*_KNOWN, *(key for one in dockerfile.arguments for key, _ in one.pairs))
    for stage in dockerfile.stages:
        for text in (stage.begin.base, stage.begin.platform):
            for name in sorted(_names(dockerfile, text) - set(known)):
                hint = suggestion(name, known, lower=False)
                yield f"FROM argument '{name}' is not declared{hint}", stage.begin.line.span


def redundant_platform(dockerfile: Dockerfile) -> Iterator[Finding]:
    """The platform that is meant anyway."""
    for stage in dockerfile.stages:
        if stage.begin.platform in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            message = (
                f"Setting platform to predefined {stage.begin.platform} in FROM is redundant "
                "as this is the default behavior"
            )
            yield message, stage.begin.line.span


def constant_platform(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Always the same platform, whatever is built for; but for stages whose names say so."""
    for stage in dockerfile.stages:
        platform = stage.begin.platform
        parts = platform.split("/")
        if not platform or "$" in platform or len(parts) > 3 or not all(parts):
            continue
        system = parts[0] if len(parts) > 1 or parts[0] in ("linux", "windows", "darwin", "freebsd") else "linux"
        architecture = _ARCHITECTURES.get(parts[-1], parts[-1]) if len(parts) < 3 else parts[1]
        if system not in stage.begin.name and architecture not in stage.begin.name:
            yield f'FROM --platform flag should not use constant value "{platform}"', stage.begin.line.span


def _names(dockerfile: Dockerfile, text: str) -> set[str]:
    try:
        return scan(text, dict.fromkeys(_KNOWN, "x"), Mode(escape=dockerfile.escape)).missing
    except InvalidParameter:
        return set()
