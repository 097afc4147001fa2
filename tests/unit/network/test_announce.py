"""The frames that tell neighbours of a hardware address, byte for byte."""

from dockyard.network.sandbox.announce import arp_announcement, neighbour_advertisement

MAC = "02420a010002"
ADDRESS = "fd000000000000000000000000000002"


def test_arp_announcement() -> None:
    ethernet = f"ffffffffffff {MAC} 0806"
    arp = f"0001 0800 06 04 0001 {MAC} 0a010002 000000000000 0a010002"
    assert arp_announcement("02:42:0a:01:00:02", "10.1.0.2") == bytes.fromhex(f"{ethernet} {arp}")


def test_neighbour_advertisement() -> None:
    ethernet = f"333300000001 {MAC} 86dd"
    header = f"60000000 0020 3a ff {ADDRESS} ff020000000000000000000000000001"
    message = f"88 00 5055 20000000 {ADDRESS} 02 01 {MAC}"
    frame = neighbour_advertisement("02:42:0a:01:00:02", "fd00::2")
    assert frame == bytes.fromhex(f"{ethernet} {header} {message}")
    # RFC 4443, 2.3: with the checksum in its place the sum over pseudo header and message is all ones.
    summed = frame[22:54] + bytes.fromhex("00000020 0000003a") + frame[54:]
    total = sum(int.from_bytes(summed[at : at + 2], "big") for at in range(0, len(summed), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF
