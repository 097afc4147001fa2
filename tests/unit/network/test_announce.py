"""The frames that tell neighbours of a hardware address, byte for byte."""

from dockyard.network.sandbox.announce import arp_announcement, neighbour_advertisement


def test_arp_announcement() -> None:
    assert arp_announcement("02:42:0a:01:00:02", "10.1.0.2").hex() == (
        "ffffffffffff02420a0100020806"
        "000108000604000102420a0100020a0100020000000000000a010002"
    )  # fmt: skip


def test_neighbour_advertisement() -> None:
    frame = neighbour_advertisement("02:42:0a:01:00:02", "fd00::2")
    header, message = frame[14:54], frame[54:]
    assert frame[:14].hex() == "33330000000102420a01000286dd"
    assert header.hex().startswith("6000000000203aff")
    assert message.hex() == (
        "88001e4f20000000fd000000000000000000000000000002020102420a010002"
    )  # fmt: skip
    pseudo = header[8:40] + len(message).to_bytes(4, "big") + bytes((0, 0, 0, 58))
    total = sum(int.from_bytes((pseudo + message)[at : at + 2], "big") for at in range(0, len(pseudo + message), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
