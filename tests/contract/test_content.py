"""The contract suite on the content store, and what only a store on local disk has."""

from pathlib import Path

import pytest
from tests.contract.content_suite import ContentSuite

from dockyard.errors import DataLoss
from dockyard.store.content import ContentStore


class TestLocal(ContentSuite):
    @pytest.fixture
    def content(self, tmp_path: Path) -> ContentStore:
        return ContentStore(str(tmp_path / "content"))

    def test_damage_on_disk_is_noticed(self, content: ContentStore, tmp_path: Path) -> None:
        blob = content.ingest([b"good"])
        Path(content.path(blob.digest)).write_bytes(b"evil")
        with pytest.raises(DataLoss, match="damaged on disk"):
            content.read(blob.digest)

    def test_what_a_killed_process_left_is_removed_at_start(self, content: ContentStore, tmp_path: Path) -> None:
        kept = content.ingest([b"kept"])
        writer = content.writer()
        writer.write(b"never committed")
        again = ContentStore(str(tmp_path / "content"))
        assert list((tmp_path / "content" / "ingest").iterdir()) == []
        assert list(again.list()) == [kept]
