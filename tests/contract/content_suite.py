"""What every content store must do."""

import hashlib
import threading

import pytest

from dockyard.errors import DataLoss, InvalidParameter, NotFound
from dockyard.store.content import Content


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class ContentSuite:
    """Tests of the contract; `content` comes from the subclass's fixture."""

    def test_what_is_written_can_be_read(self, content: Content) -> None:
        blob = content.ingest([b"hello ", b"world"])
        assert blob == (digest(b"hello world"), 11)
        assert content.read(blob.digest) == b"hello world"
        with content.open(blob.digest) as file:
            file.seek(6)
            assert file.read() == b"world"
        assert content.info(blob.digest) == blob
        assert list(content.list()) == [blob]

    def test_the_empty_blob(self, content: Content) -> None:
        assert content.read(content.ingest([]).digest) == b""

    def test_writing_it_again_is_no_error(self, content: Content) -> None:
        first = content.ingest([b"x"])
        assert content.ingest([b"x"], expected_digest=first.digest, expected_size=1) == first
        assert list(content.list()) == [first]

    def test_a_wrong_digest_leaves_nothing(self, content: Content) -> None:
        with pytest.raises(InvalidParameter, match="unexpected commit digest"):
            content.ingest([b"evil"], expected_digest=digest(b"good"))
        assert list(content.list()) == []
        assert content.info(digest(b"good")) is None
        assert content.info(digest(b"evil")) is None

    def test_a_wrong_size_leaves_nothing(self, content: Content) -> None:
        with pytest.raises(InvalidParameter, match="unexpected commit size 4, expected 5"):
            content.ingest([b"four"], expected_size=5)
        assert list(content.list()) == []

    def test_without_commit_nothing_is_kept(self, content: Content) -> None:
        with content.writer() as writer:
            writer.write(b"x" * 100_000)
        assert list(content.list()) == []

    def test_a_source_that_fails_leaves_nothing(self, content: Content) -> None:
        def chunks() -> object:
            yield b"x"
            raise ConnectionError("the client went away")

        with pytest.raises(ConnectionError):
            content.ingest(chunks())  # type: ignore[arg-type]
        assert list(content.list()) == []

    def test_delete(self, content: Content) -> None:
        blob = content.ingest([b"x"])
        with content.open(blob.digest) as file:
            assert content.delete(blob.digest) is True
            assert content.delete(blob.digest) is False
            assert file.read() == b"x"
        assert content.info(blob.digest) is None
        with pytest.raises(NotFound):
            content.open(blob.digest)

    @pytest.mark.parametrize(
        "name", ["", "sha256:", "sha256:../../etc/passwd", "md5:" + "0" * 32, "sha256:" + "G" * 64]
    )
    def test_what_is_no_digest_is_refused(self, content: Content, name: str) -> None:
        with pytest.raises(InvalidParameter):
            content.open(name)
        with pytest.raises(InvalidParameter):
            content.delete(name)

    def test_a_blob_longer_than_the_limit(self, content: Content) -> None:
        blob = content.ingest([b"x" * 100])
        with pytest.raises(DataLoss, match="larger than 10 bytes"):
            content.read(blob.digest, limit=10)

    def test_writers_of_one_blob_at_the_same_time(self, content: Content) -> None:
        data = bytes(range(256)) * 4000
        failures: list[BaseException] = []

        def write() -> None:
            try:
                assert content.ingest([data]).digest == digest(data)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert content.read(digest(data)) == data
