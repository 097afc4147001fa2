"""`--userns-remap=default` makes its user with the system's tools, once, and never without being asked."""

import pytest

from dockyard.cmd.remapped_user import free_range, resolve_remap
from dockyard.errors import InvalidParameter


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "passwd").write_text("root:x:0:0::/:/bin/sh\nsomebody:x:1000:1000:::\n")
    (tmp_path / "group").write_text("root:x:0:\nsomebody:x:1000:\n")
    (tmp_path / "subuid").write_text("somebody:100000:65536\n")
    return tmp_path


def test_nothing_is_asked_for_nothing(etc):
    assert resolve_remap("", str(etc)) is None


def test_the_default_user_is_made_once(etc):
    called = []

    def run(command):
        called.append(command)
        if command[0] == "useradd":
            for name in ("passwd", "group"):
                with (etc / name).open("a") as file:
                    file.write("dockremap:x:110:110:::\n")
            return
        first, last = map(int, command[2].split("-"))
        with (etc / command[1].removeprefix("--add-").removesuffix("s")).open("a") as file:
            file.write(f"dockremap:{first}:{last - first + 1}\n")

    remap = resolve_remap("default", str(etc), run)
    assert remap is not None
    assert remap.root == (165536, 100000)
    assert [command[0] for command in called] == ["useradd", "usermod", "usermod"]
    assert called[1][1:] == ("--add-subuids", "165536-231071", "dockremap")
    assert resolve_remap("default", str(etc), pytest.fail) == remap


def test_other_users_are_never_made(etc):
    with pytest.raises(InvalidParameter, match="No subgid ranges found"):
        resolve_remap("somebody", str(etc), pytest.fail)


@pytest.mark.parametrize(
    ("text", "first"), [("", 100000), ("a:100000:65536\nb:500000:10\n", 500010), ("broken\na:x:1\n", 100000)]
)
def test_a_free_range_comes_after_all_others(text, first):
    assert free_range(text) == first
