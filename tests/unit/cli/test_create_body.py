"""`create` says and sends what the real client says and sends (tests/data/cli/create.golden.json)."""

import importlib.util
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from dockyard.cli.container import create
from dockyard.cli.exit import Exit
from dockyard.cli.session import Session
from dockyard.client import containers
from dockyard.errors import DockyardError

DATA = Path(__file__).parents[2] / "data" / "cli"
GOLDEN = json.loads((DATA / "create.golden.json").read_text())

_spec = importlib.util.spec_from_file_location("record_create", DATA / "record_create.py")
assert _spec is not None
assert _spec.loader is not None
recorder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorder)


@pytest.mark.parametrize("record", GOLDEN, ids=[record["line"] for record in GOLDEN])
def test_as_the_real_client(record: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir("/")
    sent: list[Any] = []

    def fake_create(_client: object, body: Any, *, name: str = "", platform: str = "") -> Any:
        sent.append((body, name, platform))
        return {"Id": "ab" * 32, "Warnings": []}

    monkeypatch.setattr(containers, "create", fake_create)
    session = Session("", {"HOME": "/root", "PATH": "/bin"})
    session.path = "docker create"
    errors: list[str] = []
    monkeypatch.setattr(Session, "error", lambda _self, text: errors.append(text))
    words = [word.replace("$DATA", str(DATA)) for word in shlex.split(record["line"])]
    code = 0
    try:
        options = create.COMMAND.parse("docker create", words)
        create.run(session, options)
    except Exit as end:
        code = end.code
        errors.append(end.message)
    except DockyardError as error:
        code = 1
        errors.append(str(error))
    assert code == record["exit"]
    said = "".join(f"{text}\n" for text in errors).replace(str(DATA), "$DATA")
    assert said.split() == record["stderr"].split()
    if "body" in record:
        body, name, platform = sent[0]
        assert recorder.significant(json.loads(json.dumps(body))) == record["body"]
        assert (f"name={name.replace('/', '%2F')}" in record["target"]) == bool(name)
        assert (f"platform={platform.replace('/', '%2F')}" in record["target"]) == bool(platform)
    else:
        assert not sent
