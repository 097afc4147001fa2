"""Encoding and decoding of netlink messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.linux.netlink.message import (
    MAX_ATTRIBUTE_BYTES,
    NLM_F_ACK,
    NLM_F_REQUEST,
    attribute,
    attribute_list,
    attributes,
    messages,
    nested,
    request,
    string,
    text,
    u32,
    with_sequence,
)


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=40)), max_size=8))
def test_attributes_come_back(pairs: list[tuple[int, bytes]]) -> None:
    encoded = b"".join(attribute(kind, value) for kind, value in pairs)
    assert len(encoded) % 4 == 0
    assert list(attribute_list(encoded)) == pairs
    assert attributes(encoded) == dict(pairs)


def test_nesting_is_marked_and_the_mark_is_removed() -> None:
    encoded = nested(7, u32(1, 2), text(3, "x"))
    assert encoded[2:4] == b"\x07\x80"
    inner = attributes(attributes(encoded)[7])
    assert string(inner[3]) == "x"


def test_an_attribute_that_is_too_long_is_refused() -> None:
    attribute(1, bytes(MAX_ATTRIBUTE_BYTES))
    with pytest.raises(ValueError, match="too many"):
        attribute(1, bytes(MAX_ATTRIBUTE_BYTES + 1))


def test_messages_come_back_with_sequence_and_flags() -> None:
    one = with_sequence(request(16, 0x400, b"body", u32(1, 2)), 7, NLM_F_ACK)
    two = with_sequence(request(17, 0, b"four"), 8, 0)
    first, second = messages(one + two)
    assert (first.type, first.flags, first.sequence) == (16, 0x400 | NLM_F_ACK | NLM_F_REQUEST, 7)
    assert first.body == b"body" + u32(1, 2)
    assert (second.type, second.sequence, second.body) == (17, 8, b"four")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_messages_or_value_error(datagram: bytes) -> None:
    try:
        for message in messages(datagram):
            attributes(message.body)
    except ValueError:
        pass


@pytest.mark.parametrize("length", [0, 3, 20])
def test_a_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="netlink attribute"):
        attributes(length.to_bytes(2, "little") + b"\x01\x00")
