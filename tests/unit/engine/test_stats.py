"""Samples of what containers use: parsing, and listeners that share one sampler."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from dockyard.engine.containers.query import stats
from dockyard.engine.containers.query.stats import StatsSampler, Traffic, parse_traffic
from dockyard.errors import SystemFailure

DEV = """Inter-|   Receive                    |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0      0
  eth0:    1296      16    1    2    0     0          0         0      446       5    3    4    0     0       0      0
"""


def test_traffic_leaves_loopback_out():
    assert parse_traffic(DEV) == {"eth0": Traffic(1296, 16, 1, 2, 446, 5, 3, 4)}


class Figures:
    def __init__(self):
        self.asked = 0

    def __call__(self, path):
        assert path == "/docker/x"
        self.asked += 1
        return {"asked": self.asked}


@pytest.fixture
def figures():
    return Figures()


@pytest.fixture
def sampler(figures, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"linux": {"cgroupsPath": "/docker/x"}}))
    return StatsSampler(lambda: 7, lambda container_id: str(tmp_path), figures)


def entry(shim="one"):
    record = SimpleNamespace(id="x", state=SimpleNamespace(pid=1))
    return SimpleNamespace(record=record, shim=shim, removed=asyncio.get_running_loop().create_future())


async def test_listeners_share_a_sampler_and_it_ends_with_the_last(monkeypatch, sampler, figures):
    monkeypatch.setattr(stats, "PERIOD_SECONDS", 0.01)
    container = entry()
    one, other = sampler.stream(container), sampler.stream(container)
    seen = [await anext(one), await anext(other), await anext(one)]
    assert seen[0].previous is None
    assert seen[2].previous is not None
    asked = figures.asked
    assert asked <= 4
    await one.aclose()
    await other.aclose()
    await asyncio.sleep(0.05)
    assert figures.asked == asked


async def test_a_stream_ends_when_the_container_is_removed(monkeypatch, sampler):
    monkeypatch.setattr(stats, "PERIOD_SECONDS", 0.01)
    container = entry()
    stream = sampler.stream(container)
    await anext(stream)
    asyncio.get_running_loop().call_later(0.03, container.removed.set_result, None)
    assert len([measured async for measured in stream]) >= 1


async def test_a_container_that_does_not_run_has_an_empty_sample(sampler):
    measured = await sampler.twice(entry(None))
    assert (measured.sample.read_ns, measured.sample.cgroup, measured.previous) == (7, {}, None)


async def test_a_container_that_ends_between_its_bundle_and_its_cgroup_has_one_too(sampler, monkeypatch):
    def gone(path):
        raise SystemFailure(f"failed to read {path}")

    monkeypatch.setattr(sampler, "_figures", gone)
    assert (await sampler.once(entry())).sample.cgroup == {}
