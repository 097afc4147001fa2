"""AppArmor: when there is a profile, which one a container gets, and how it comes into the kernel."""

import shutil
import subprocess

import pytest

from dockyard.engine.containers.spec.security_options import apparmor_profile, parse_security_options
from dockyard.engine.security import apparmor
from dockyard.errors import InvalidParameter, SystemFailure


@pytest.mark.parametrize(("content", "has"), [("Y\n", True), ("N\n", False), (None, False)])
def test_whether_the_kernel_has_it(tmp_path, content, has):
    switch = tmp_path / "enabled"
    if content is not None:
        switch.write_text(content)
    assert apparmor.has_apparmor(str(switch)) is has


@pytest.mark.parametrize(
    ("chosen", "privileged", "enabled", "profile"),
    [
        ("", False, True, "docker-default"),
        ("", True, True, "unconfined"),
        ("unconfined", False, True, "unconfined"),
        ("mine", False, True, "mine"),
        ("mine", True, True, "mine"),
        ("", False, False, ""),
        ("unconfined", False, False, ""),
    ],
)
def test_which_profile_a_container_gets(chosen, privileged, enabled, profile):
    assert apparmor_profile(chosen, privileged=privileged, enabled=enabled) == profile


def test_a_profile_that_cannot_be_applied_is_refused(monkeypatch):
    monkeypatch.setattr("dockyard.engine.containers.spec.security_options.has_apparmor", lambda: False)
    with pytest.raises(InvalidParameter, match="apparmor profile mine can't be applied: AppArmor is not enabled"):
        parse_security_options(["apparmor=mine"], False)
    monkeypatch.setattr("dockyard.engine.containers.spec.security_options.has_apparmor", lambda: True)
    assert parse_security_options(["apparmor:mine"], False).apparmor == "mine"


def test_it_is_loaded_once(tmp_path):
    loaded = tmp_path / "profiles"
    loaded.write_text("docker-default-2 (enforce)\nother (complain)\n")
    called = []

    def run(command, text):
        called.append((command, text))
        loaded.write_text(loaded.read_text() + "docker-default (enforce)\n")
        return ""

    for _ in range(2):
        apparmor.ensure_default_profile(run, loaded=str(loaded), policy=str(tmp_path))
    ((command, text),) = called
    assert command == ("apparmor_parser", "-Kr")
    assert "profile docker-default flags=(attach_disconnected,mediate_deleted) {" in text
    assert "deny mount," in text


def test_the_parsers_words_are_told(tmp_path):
    with pytest.raises(SystemFailure, match="profile could not be loaded: syntax error"):
        apparmor.ensure_default_profile(lambda *_: "syntax error\n", loaded=str(tmp_path / "none"))


def test_the_policys_own_parts_are_used_where_they_are(tmp_path):
    assert apparmor.profile_text("p", "daemon", str(tmp_path)).startswith("@{PROC}=/proc/\n")
    for name in ("tunables/global", "abstractions/base"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    text = apparmor.profile_text("p", "daemon", str(tmp_path))
    assert text.startswith("#include <tunables/global>\n")
    assert "#include <abstractions/base>" in text
    assert "signal (receive) peer=daemon," in text
    assert "signal (send,receive) peer=p," in text


@pytest.mark.skipif(shutil.which("apparmor_parser") is None, reason="needs apparmor_parser")
def test_the_parser_takes_it(tmp_path):
    text = apparmor.profile_text("docker-default", "unconfined", str(tmp_path))
    subprocess.run(["apparmor_parser", "-QK"], input=text, text=True, check=True)
