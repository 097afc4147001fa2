"""What is kept of networks on disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dockyard.errors import DataLoss, NotFound
from dockyard.network.networks import NetworkRecords


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


def test_addresses_are_remembered(tmp_path: Path) -> None:
    store = records(tmp_path)
    store.remember_addresses(store.find("bridge"), "docker0", "172.17.0.0/16", "172.17.0.1")
    again = records(tmp_path).find("bridge")
    assert (again.link, again.subnet, again.gateway) == ("docker0", "172.17.0.0/16", "172.17.0.1")


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"id": "x", "unknown": 1}]', "[{}]"])
def test_damage_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "networks.json").write_text(content)
    with pytest.raises(DataLoss, match=r"networks\.json is damaged"):
        records(tmp_path)
