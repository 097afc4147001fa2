"""Each rule finds what it is about, and nothing in a Dockerfile that is well written."""

import asyncio

import pytest

from dockyard.builder.dockerfile import parse_dockerfile
from dockyard.builder.dockerfile.lint import LintWarning
from dockyard.builder.plan import BaseImage, BuildOptions, check_build
from dockyard.spec.image.config import Image
from dockyard.spec.image.descriptor import Platform

FOUND = [
    ("InvalidBaseImagePlatform", "FROM arm\n", 1),
    ("ConsistentInstructionCasing", "FROM a\nrun x\nRUN y\n", 2),
    ("DuplicateStageName", "FROM a AS b\nFROM a AS b\n", 2),
    ("ExposeInvalidFormat", "FROM a\nEXPOSE 127.0.0.1:80:80\n", 2),
    ("ExposeProtoCasing", "FROM a\nEXPOSE 80/TcP\n", 2),
    ("FromAsCasing", "FROM a as b\n", 1),
    ("FromPlatformFlagConstDisallowed", "FROM --platform=linux/amd64 a\n", 1),
    ("InvalidDefaultArgInFrom", "ARG V\nFROM a:$V\n", 2),
    ("JSONArgsRecommended", "FROM a\nCMD run it\n", 2),
    ("LegacyKeyValueFormat", "FROM a\nENV A b\n", 2),
    ("MaintainerDeprecated", "FROM a\nMAINTAINER me\n", 2),
    ("MultipleInstructionsDisallowed", 'FROM a\nCMD ["a"]\nCMD ["b"]\n', 2),
    ("NoEmptyContinuation", "FROM a\nRUN a \\\n\n  b\n", 4),
    ("RedundantTargetPlatform", "FROM --platform=$TARGETPLATFORM a\n", 1),
    ("ReservedStageName", "FROM a AS scratch\n", 1),
    ("SecretsUsedInArgOrEnv", "FROM a\nENV GITHUB_TOKEN=x\n", 2),
    ("StageNameCasing", "FROM a AS Build\n", 1),
    ("UndefinedArgInFrom", "FROM a:$NOTHING\n", 1),
    ("UndefinedVar", "FROM scratch\nCOPY $nothing /\n", 2),
    ("WorkdirRelativePath", "FROM a\nWORKDIR here\n", 2),
]

WELL_WRITTEN = """# syntax=docker/dockerfile:1
ARG VERSION=12
FROM --platform=$BUILDPLATFORM debian:$VERSION AS build
ARG PUBLIC_KEY=x PORT=80
ENV A=1 B=${PORT:-2}
WORKDIR /srv
WORKDIR inside
RUN echo $UNKNOWN
FROM scratch
ARG NAME
COPY --from=build /srv /srv/${NAME}
EXPOSE 80/tcp $PORT
ENTRYPOINT ["/x"]
CMD ["y"]
"""


class Images:
    """Every image is here, for this machine or for arm64."""

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        del platform
        architecture = "arm64" if reference == "arm" else "amd64"
        return BaseImage("sha256:0", Image(architecture=architecture, os="linux"), "sha256:1")


def lint(text: str) -> list[LintWarning]:
    dockerfile = parse_dockerfile(text.encode(), style="buildkit")
    return asyncio.run(check_build(dockerfile, BuildOptions(style="buildkit"), Images()))[0]


@pytest.mark.parametrize(("rule", "text", "line"), FOUND, ids=[name for name, _, _ in FOUND])
def test_rule(rule: str, text: str, line: int) -> None:
    found = [one for one in lint(text) if one.rule == rule]
    assert [one.span.end for one in found] == [line]
    assert not [one for one in lint(f"# check=skip={rule}\n{text}") if one.rule == rule]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert lint(WELL_WRITTEN) == []
