"""`--cap-add` and `--cap-drop`: Docker's rules and messages."""

import pytest

from dockyard.engine.security.capabilities import (
    ALL_CAPABILITIES,
    DEFAULT_CAPABILITIES,
    from_mask,
    normalize_capabilities,
    resolve_capabilities,
)
from dockyard.errors import InvalidParameter


def mask(names) -> int:
    return sum(1 << ALL_CAPABILITIES.index(name) for name in set(names))


def test_the_default_set_is_dockers():
    assert f"{mask(DEFAULT_CAPABILITIES):016x}" == "00000000a80425fb"
    assert len(DEFAULT_CAPABILITIES) == 14
    assert resolve_capabilities((), (), False) == DEFAULT_CAPABILITIES


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        (["net_admin"], [], mask(DEFAULT_CAPABILITIES) | 1 << 12),
        (["CAP_NET_ADMIN", "NET_ADMIN"], ["chown"], (mask(DEFAULT_CAPABILITIES) | 1 << 12) & ~1),
        ([], ["ALL"], 0),
        (["CHOWN"], ["all"], 1),
        (["ALL"], [], (1 << 41) - 1),
        (["ALL"], ["CHOWN", "KILL"], (1 << 41) - 1 - 1 - (1 << 5)),
        (["ALL"], ["ALL"], (1 << 41) - 1),
        (["CHOWN"], ["CHOWN"], mask(DEFAULT_CAPABILITIES)),
    ],
)
def test_add_and_drop(add, drop, expected):
    resolved = resolve_capabilities(add, drop, False)
    assert mask(resolved) == expected
    assert len(set(resolved)) == len(resolved)


def test_privileged_has_all_that_the_daemon_has():
    available = tuple(name for name in ALL_CAPABILITIES if name != "CAP_SYS_RESOURCE")
    assert resolve_capabilities(["nonsense"], ["ALL"], True, available) == available
    assert resolve_capabilities(["ALL"], [], False, available) == available


def test_messages():
    with pytest.raises(InvalidParameter, match=r'^unknown capability: "CAP_FLY"$'):
        normalize_capabilities(["fly"])
    with pytest.raises(InvalidParameter) as caught:
        resolve_capabilities([], ["sys_resource"], False, ALL_CAPABILITIES[:24])
    assert str(caught.value) == (
        'capability not supported by your kernel or not available in the current environment: "CAP_SYS_RESOURCE"'
    )


def test_from_mask():
    assert from_mask(0xA80425FB) == tuple(sorted(DEFAULT_CAPABILITIES, key=ALL_CAPABILITIES.index))
    assert from_mask(1 << 63) == ()
