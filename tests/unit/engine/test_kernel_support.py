"""Limits that the kernel can't keep are dropped, and the user is told."""

from dockyard.engine.containers.config import HostConfig, WeightDevice
from dockyard.engine.containers.kernel_support import NO_WEIGHT, keepable


def test_weights_are_dropped_with_a_warning_each():
    asked = HostConfig(blkio_weight=300, blkio_weight_device=(WeightDevice("/dev/sda", 100),), memory=1 << 30)
    kept, warnings = keepable(asked, block_io_weight=False)
    assert (kept.blkio_weight, kept.blkio_weight_device, kept.memory) == (0, (), 1 << 30)
    assert tuple(warnings) == NO_WEIGHT


def test_nothing_happens_where_there_is_nothing_to_drop():
    plain, weighted = HostConfig(memory=1 << 30), HostConfig(blkio_weight=300)
    assert keepable(plain, block_io_weight=False) == (plain, [])
    assert keepable(weighted, block_io_weight=True) == (weighted, [])
