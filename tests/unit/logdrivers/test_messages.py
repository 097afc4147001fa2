"""Messages of drivers that send, as bytes: what Docker's library makes of the same entries."""

import gzip
import json
import zlib

import msgspec
import pytest

from dockyard.logdrivers.fluentd.messages import acknowledged, event_time, forward, record
from dockyard.logdrivers.gelf.messages import compressed, datagrams, gelf_json
from dockyard.logdrivers.journald.messages import datagram, field_name
from dockyard.logdrivers.local_entries import Entry, Partial
from dockyard.logdrivers.options import splunk as splunk_options
from dockyard.logdrivers.splunk.messages import event
from dockyard.logdrivers.syslog.messages import SyslogMessages

NOW_NS = 1_700_000_000_123_456_789
OUT = Entry("stdout", NOW_NS, b"hello")
ERR = Entry("stderr", NOW_NS, b"caf\xe9")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.mark.parametrize(
    ("form", "counted", "message"),
    [
        ("", False, b"<30>Nov 14 22:13:20 tag[7]: hello\n"),
        ("rfc3164", False, b"<30>Nov 14 22:13:20 host tag[7]: hello\n"),
        ("rfc3164", True, b"<30>Nov 14 22:13:20 host tag[7]: hello\n"),
        ("rfc5424", False, b"<30>1 2023-11-14T22:13:20Z host tag 7 tag - hello\n"),
        ("rfc5424micro", False, b"<30>1 2023-11-14T22:13:20.123456Z host tag 7 tag - hello\n"),
        ("rfc5424", True, b"50 <30>1 2023-11-14T22:13:20Z host tag 7 tag - hello\n"),
    ],
)
def test_syslog(form: str, counted: bool, message: bytes) -> None:
    assert SyslogMessages(form, 3, "tag", "host", 7, counted=counted).message(OUT) == message


def test_syslog_s_errors_bytes_and_empty_lines() -> None:
    messages = SyslogMessages("rfc3164", 19, "tag", "host", 7, counted=False)
    assert messages.message(ERR) == b"<155>Nov 14 22:13:20 host tag[7]: caf\xe9\n"
    assert messages.message(OUT._replace(line=b"")) == b""


def test_gelf() -> None:
    message = json.loads(gelf_json(ERR, "host", {"_tag": "t"}))
    assert message == {
        "version": "1.1",
        "host": "host",
        "short_message": "caf\ufffd",
        "timestamp": 1_700_000_000.123,
        "level": 3,
        "_tag": "t",
    }


def test_gelf_s_compression_and_chunks() -> None:
    assert gzip.decompress(compressed(b"x" * 100, "gzip", 1)) == b"x" * 100
    assert zlib.decompress(compressed(b"x" * 100, "zlib", -1)) == b"x" * 100
    assert datagrams(b"x" * 1420) == [b"x" * 1420]
    parts = datagrams(b"x" * 1421 + b"y" * 1500)
    assert [len(part) for part in parts] == [1420, 1420, 2921 - 2 * 1408 + 12]
    assert {part[:10] for part in parts} == {parts[0][:10]}
    assert [part[10:12] for part in parts] == [b"\x00\x03", b"\x01\x03", b"\x02\x03"]
    assert b"".join(part[12:] for part in parts) == b"x" * 1421 + b"y" * 1500
    assert datagrams(b"x" * (128 * 1408)) != []
    assert datagrams(b"x" * (128 * 1408 + 1)) == []


def test_fluentd() -> None:
    entry = OUT._replace(partial=Partial("id", 2, True))
    assert record(entry, "c", "/n", {"a": "b"}) == {
        "container_id": "c",
        "container_name": "/n",
        "source": "stdout",
        "log": "hello",
        "a": "b",
        "partial_message": "true",
        "partial_id": "id",
        "partial_ordinal": "2",
        "partial_last": "true",
    }
    time = event_time(NOW_NS, sub_second=True)
    message = forward("tag", [(time, {"log": "x"})], "chunk")
    tag, ((when, said),), option = msgspec.msgpack.decode(message)
    assert (tag, said, option) == ("tag", {"log": "x"}, {"size": 1, "chunk": "chunk"})
    assert (when.code, when.data) == (0, (1_700_000_000).to_bytes(4, "big") + (123_456_789).to_bytes(4, "big"))
    assert b"\xd7\x00" in message  # fixext 8 of type 0, as the protocol has it
    assert event_time(NOW_NS, sub_second=False) == 1_700_000_000


def test_fluentd_s_answers() -> None:
    answer = msgspec.msgpack.encode({"ack": "chunk"})
    assert acknowledged(answer) == "chunk"
    assert acknowledged(answer[:-1]) is None
    assert acknowledged(msgspec.msgpack.encode([1])) == ""
    with pytest.raises(msgspec.DecodeError):
        acknowledged(b"\xc1")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("inline", {"line": '{"a": 1}', "source": "stdout", "tag": "t", "attrs": {"k": "v"}}),
        ("json", {"line": {"a": 1}, "source": "stdout", "tag": "t", "attrs": {"k": "v"}}),
        ("raw", 't k=v {"a": 1}'),
    ],
)
def test_splunk(form: str, said: object) -> None:
    options = {"splunk-url": "https://h:1", "splunk-token": "t", "splunk-format": form, "splunk-index": "i"}
    chosen = splunk_options.settings(options)
    entry = OUT._replace(line=b'{"a": 1}')
    assert json.loads(event(entry, chosen, "host", "t", {"k": "v"})) == {
        "event": said,
        "time": "1700000000.123457",
        "host": "host",
        "index": "i",
    }


def test_splunk_s_raw_format_has_no_blank_events() -> None:
    chosen = splunk_options.settings({"splunk-url": "https://h:1", "splunk-token": "t", "splunk-format": "raw"})
    assert event(OUT._replace(line=b" \t"), chosen, "host", "", {}) == b""


def test_journald() -> None:
    fields = {"CONTAINER_NAME": "two\nlines"}
    entry = OUT._replace(partial=Partial("id", 1, False))
    assert datagram(entry, fields, 5) == (
        b"MESSAGE=hello\nCONTAINER_NAME\n" + (9).to_bytes(8, "little") + b"two\nlines\nPRIORITY=6\n"
        b"SYSLOG_TIMESTAMP=2023-11-14T22:13:20.123456789Z\nCONTAINER_LOG_ORDINAL=5\nCONTAINER_PARTIAL_ID=id\n"
        b"CONTAINER_PARTIAL_ORDINAL=1\nCONTAINER_PARTIAL_LAST=false\nCONTAINER_PARTIAL_MESSAGE=true\n"
    )


@pytest.mark.parametrize(
    ("label", "name"), [("com.example/x-y", "COM_EXAMPLE_X_Y"), ("__a", "A"), ("ä1", "1"), ("_", "")]
)
def test_journald_s_names_of_fields(label: str, name: str) -> None:
    assert field_name(label) == name
