"""What a reload changes, what it refuses, and what its event says."""

from dataclasses import fields

from dockyard.engine.config import DaemonConfig, RuntimeCommand
from dockyard.engine.settings import NOT_SETTINGS, RELOADABLE, Settings, reload_attributes
from dockyard.engine.system import exposure_warnings


def test_what_can_change_changes_and_the_rest_is_named() -> None:
    settings = Settings(DaemonConfig(labels=("a=b",), data_root="/old", debug=True))
    refused = settings.reload(DaemonConfig(labels=("c=d",), data_root="/new", mtu=1400, shutdown_timeout=3))
    assert refused == ("data_root", "mtu")
    now = settings.current
    assert (now.labels, now.debug, now.shutdown_timeout) == (("c=d",), False, 3)
    assert (now.data_root, now.mtu) == ("/old", 0)


def test_the_same_again_refuses_nothing() -> None:
    config = DaemonConfig(labels=("a=b",), runtimes={"x": RuntimeCommand("/x")})
    settings = Settings(config)
    assert settings.reload(config) == ()
    assert settings.current == config


def test_only_fields_that_exist_are_listed() -> None:
    assert {field.name for field in fields(DaemonConfig)} >= RELOADABLE | NOT_SETTINGS


def test_the_event_says_it_as_docker_does() -> None:
    config = DaemonConfig(
        labels=("a=b", "c=d"),
        registry_mirrors=("https://m.example/",),
        live_restore=True,
        runtimes={"other": RuntimeCommand("/usr/bin/other")},
    )
    attributes = reload_attributes(config, cgroup_v2=False)
    assert attributes["labels"] == '["a=b","c=d"]'
    assert attributes["registry-mirrors"] == '["https://m.example"]'
    assert attributes["insecure-registries"] == "[]"
    assert attributes["live-restore"] == "true"
    assert attributes["debug"] == "false"
    assert attributes["default-cgroupns-mode"] == "host"
    assert attributes["runtimes"] == "other:/usr/bin/other runc:dockyard-runc"
    assert attributes["max-concurrent-downloads"] == "3"


def test_a_sincere_word_about_open_doors() -> None:
    hosts = ("unix:///a.sock", "tcp://127.0.0.1:2375", "tcp://1.2.3.4:2375?scope=read-only")
    plain = exposure_warnings(DaemonConfig(hosts=hosts))
    assert [warning.splitlines()[0] for warning in plain] == [
        "WARNING: API is accessible on http://127.0.0.1:2375 without encryption.",
        "WARNING: API is accessible on http://1.2.3.4:2375 without encryption.",
    ]
    (first, _) = exposure_warnings(DaemonConfig(hosts=hosts, tls=True))
    assert first.startswith("WARNING: API is accessible on https://127.0.0.1:2375 without TLS client verification.")
    assert exposure_warnings(DaemonConfig(hosts=hosts, tls=True, tls_verify=True)) == []
