"""Paths and devices that a container is kept from."""

from dockyard.engine.security.defaults import DEFAULT_DEVICES_CGROUP, MASKED_PATHS, masked_paths, possible_cpus


def test_the_devices_begin_with_nothing():
    first, *others = DEFAULT_DEVICES_CGROUP
    assert (first.allow, first.type, first.major, first.access) == (False, "", None, "rwm")
    assert [(rule.major, rule.minor) for rule in others if rule.allow] == [
        (1, 5),
        (1, 3),
        (1, 9),
        (1, 8),
        (5, 0),
        (5, 1),
    ]
    assert [(rule.major, rule.minor) for rule in others if not rule.allow] == [(10, 229)]


def test_masked_paths_name_throttle_counters_only_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.exists", lambda path: path == "/sys/devices/system/cpu/cpu1/thermal_throttle")
    assert masked_paths(range(4)) == (*MASKED_PATHS, "/sys/devices/system/cpu/cpu1/thermal_throttle")
    assert {"/proc/kcore", "/proc/timer_list", "/sys/firmware"} <= set(MASKED_PATHS)


def test_possible_cpus(tmp_path):
    (tmp_path / "possible").write_text("0-2,5,7-8\n")
    assert possible_cpus(str(tmp_path / "possible")) == (0, 1, 2, 5, 7, 8)
    (tmp_path / "possible").write_text("\n")
    assert possible_cpus(str(tmp_path / "possible")) == ()
    assert possible_cpus(str(tmp_path / "missing")) == ()
