"""The lock among engines."""

import os
from pathlib import Path

import pytest

from dockyard.errors import DeadlineExceeded, SystemFailure
from dockyard.network.host_lock import host_lock


def test_one_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with host_lock(path):
        with pytest.raises(DeadlineExceeded, match="another engine holds"):
            with host_lock(path, timeout_seconds=0.02):
                pass
    with host_lock(path, timeout_seconds=0):
        assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SystemFailure):
        with host_lock(str(tmp_path / "lock")):
            pass
    assert not (tmp_path / "elsewhere").exists()
