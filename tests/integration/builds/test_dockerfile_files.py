"""What COPY, ADD and WORKDIR make of files, next to what the real BuildKit made (tests/support/dockerfiles): names,
kinds, modes, owners, times, contents; and the errors of steps."""

import asyncio
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers import busybox_image
from tests.support.dockerfiles.cases import FOLDER, Case, cases
from tests.support.dockerfiles.chrooted import build
from tests.support.dockerfiles.context import make_context
from tests.support.dockerfiles.facts import apply_layer, without_stubs
from tests.support.dockerfiles.planned import options_of
from tests.support.stores import Store, open_store

from dockyard.errors import DockyardError

pytestmark = [pytest.mark.root]

TOPICS = ("copying", "config", "errors")
NEEDS_A_SANDBOX = re.compile(r"^RUN (?!mkdir|ln|touch|echo x > /x && chown|rm )", re.MULTILINE)
"""Commands that look at where they run are compared in containers (tests/e2e/builds)."""


def facts(topic: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{topic}.json").read_text())["cases"]
    return found


FACTS = {topic: facts(topic) for topic in TOPICS}
ALL = [
    case
    for topic in TOPICS
    for case in cases(topic)
    if ("files" in FACTS[topic][case.name] or "compute" in FACTS[topic][case.name]["error"])
    and not NEEDS_A_SANDBOX.search(case.dockerfile)
    and not case.files.keys() & {"Dockerfile.dockerignore"}
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(tmp_path_factory.mktemp("store") / "store")
    with open(busybox_image(), "rb") as file:
        opened.load(iter(lambda: file.read(1 << 20), b""))
    yield opened
    opened.layers.confirm()


def normal(error: str) -> str:
    return re.sub(r"ref \S+::\S+:", "ref X:", error)


@pytest.mark.parametrize("case", ALL, ids=[f"{case.topic}/{case.name}" for case in ALL])
def test_files(store: Store, case: Case, tmp_path: Path) -> None:
    expected = FACTS[case.topic][case.name]
    context = make_context(tmp_path / "context", case)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    try:
        chain = asyncio.run(build(store, case.dockerfile, context, options_of(case), scratch))
    except DockyardError as error:
        assert normal(str(error)) == normal(expected.get("error", "built"))
        return
    assert "error" not in expected
    files: dict[str, Any] = {}
    base = store.images.get("busybox").chain_id
    layers = []
    while chain is not None and chain != base:
        layers.append(chain)
        chain = store.layers.get(chain).parent
    for layer in reversed(layers):
        with tarfile.open(fileobj=io.BytesIO(b"".join(store.layers.tar_stream(layer)))) as archive:
            apply_layer(files, archive)
    assert without_stubs(files) == without_stubs(expected["files"])
