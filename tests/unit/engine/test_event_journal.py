"""The journal of events on a disk that is full for a while."""

from pathlib import Path

import pytest
from tests.support.full_disk import largest_file

from dockyard.engine.event_journal import Event, EventJournal
from dockyard.errors import SystemFailure


def test_a_line_that_was_refused_leaves_nothing(tmp_path: Path) -> None:
    """Half a line would take the next event with it."""
    path = tmp_path / "events.jsonl"
    journal = EventJournal(str(path))

    def append(action: str) -> None:
        journal.append(Event("container", action, "c" * 64, {}, 1))

    append("create")
    whole = path.stat().st_size
    with largest_file(whole + whole // 2), pytest.raises(SystemFailure, match="File too large"):
        append("start")
    append("die")
    assert [event.action for event in journal.read(0)] == ["create", "die"]
    journal.close()
