"""Hardware addresses."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.errors import InvalidParameter
from dockyard.network.ipam.mac import mac_of, parse_mac


@given(st.ip_addresses(v=4))
def test_derived_from_the_address(address: IPv4Address) -> None:
    mac = mac_of(str(address))
    assert mac.startswith("02:42:")
    assert IPv4Address(bytes.fromhex(mac.replace(":", ""))[2:]) == address
    assert parse_mac(mac) == mac


@pytest.mark.parametrize("text", ["02:42:AC:11:00:02", "02-42-ac-11-00-02"])
def test_spellings(text: str) -> None:
    assert parse_mac(text) == "02:42:ac:11:00:02"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "02:42",
        "02:42:ac:11:00:02:03",
        "zz:42:ac:11:00:02",
        "02:42-ac:11:00:02",
        "01:00:5e:00:00:01",
        "0242ac110002",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="is not a valid mac address"):
        parse_mac(text)
