"""What is kept of networks on disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dockyard.errors import DataLoss, InvalidParameter, NotFound
from dockyard.network.attachment import Subnet
from dockyard.network.networks import NetworkRecord, NetworkRecords

OWN = NetworkRecord(
    "a" * 64,
    "web",
    "bridge",
    "2026-01-02T03:04:05.000678000Z",
    link="br-aaaaaaaaaaaa",
    subnets=(Subnet("10.1.0.0/16", "10.1.0.1", "10.1.4.0/24", (("printer", "10.1.0.9"),)), Subnet("fd00::/64")),
    options=(("com.docker.network.driver.mtu", "1400"),),
    labels=(("a", "b"),),
    ipam_options=(("x", "y"),),
)


def records(directory: Path) -> NetworkRecords:
    return NetworkRecords(str(directory / "network"), lambda: datetime(2026, 1, 2, 3, 4, 5, 678, UTC))


def test_three_networks_that_stay_the_same(tmp_path: Path) -> None:
    first = records(tmp_path).all()
    assert {(record.name, record.driver) for record in first} == {
        ("bridge", "bridge"),
        ("host", "host"),
        ("none", "null"),
    }
    assert all(len(record.id) == 64 and record.created == "2026-01-02T03:04:05.000678000Z" for record in first)
    assert records(tmp_path).all() == first


def test_find(tmp_path: Path) -> None:
    store = records(tmp_path)
    bridge = store.find("bridge")
    assert store.find(bridge.id) == store.find(bridge.id[:20]) == bridge
    for reference in ("", "nope", "BRIDGE"):
        with pytest.raises(NotFound, match=f"network {reference} not found"):
            store.find(reference)


def test_a_name_goes_before_the_beginning_of_an_id_that_fits_two(tmp_path: Path) -> None:
    store = records(tmp_path)
    for network_id, name in (("ab" * 32, "one"), ("ab" * 31 + "cd", "two")):
        store.put(NetworkRecord(network_id, name, "bridge", "2026-01-02T03:04:05Z"))
    with pytest.raises(InvalidParameter, match="2 matches found based on ID prefix: network abab is ambiguous"):
        store.find("abab")
    store.put(NetworkRecord("ef" * 32, "abab", "bridge", "2026-01-02T03:04:05Z"))
    assert store.find("abab").id == "ef" * 32


def test_everything_of_a_record_survives(tmp_path: Path) -> None:
    store = records(tmp_path)
    store.put(OWN)
    assert records(tmp_path).find("web") == OWN
    store.remove(OWN.id)
    store.remove(OWN.id)
    with pytest.raises(NotFound):
        records(tmp_path).find("web")


def test_addresses_are_remembered(tmp_path: Path) -> None:
    store = records(tmp_path)
    store.remember_addresses(store.find("bridge"), "docker0", "172.17.0.0/16", "172.17.0.1")
    again = records(tmp_path).find("bridge")
    assert (again.link, again.subnet, again.gateway) == ("docker0", "172.17.0.0/16", "172.17.0.1")


@pytest.mark.parametrize("record", ["", "{", "[1]", '{"id": "x", "unknown": 1}', "{}", "null"])
def test_damaged_records_are_reported(tmp_path: Path, record: str) -> None:
    store = records(tmp_path)
    store._database.execute("INSERT INTO networks VALUES ('x', ?)", (record,))
    store.close()
    with pytest.raises(DataLoss, match=r"networks\.db is damaged"):
        records(tmp_path)


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "networks.db").write_bytes(b"not a database" * 100)
    with pytest.raises(DataLoss, match=r"networks\.db is damaged"):
        records(tmp_path)
