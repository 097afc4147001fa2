"""What `dockyard` prints is what the real client prints from the same answers (tests/data/cli/output.golden.json)."""

import importlib.util
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockyard.cli.main import main

DATA = Path(__file__).parents[2] / "data" / "cli"
GOLDEN = json.loads((DATA / "output.golden.json").read_text())

_spec = importlib.util.spec_from_file_location("record_output", DATA / "record_output.py")
assert _spec is not None
assert _spec.loader is not None
recorder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorder)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with recorder.answer_server() as address:
        yield address


@pytest.mark.row("B6")
@pytest.mark.parametrize("record", GOLDEN, ids=[record["line"] for record in GOLDEN])
def test_as_the_real_client(record: dict[str, Any], host: str, capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["-H", host, *shlex.split(record["line"])])
    printed = capfd.readouterr()
    assert recorder.normalised(printed.out) == record["stdout"]
    assert recorder.normalised(printed.err) == record["stderr"]
    assert code == record["exit"]
