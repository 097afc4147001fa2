"""Options of the json-file driver that mean nothing are refused, where and how Docker does it."""

import pytest

from dockyard.engine.containers.config import Config, HostConfig, LogConfig
from dockyard.engine.containers.lifecycle.log_settings import log_settings
from dockyard.engine.containers.record import Container
from dockyard.engine.paths import Paths
from dockyard.errors import InvalidParameter

FAILED = "failed to create task for container: failed to initialize logging driver: "


PATHS = Paths("/data", "/run")


def record(driver="json-file", **options):
    host = HostConfig(log_config=LogConfig(driver, {key.replace("_", "-"): text for key, text in options.items()}))
    return Container(
        id="0" * 64,
        name="n",
        created_at_ns=0,
        path="sh",
        args=(),
        config=Config(),
        host_config=host,
        image_id="sha256:0",
        driver="overlay2",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_size": "nope"}, "invalid size: 'nope'"),
        ({"max_size": "-1"}, "invalid size: '-1'"),
        ({"max_size": "0"}, "max-size must be a positive number"),
        ({"max_size": "1x"}, "invalid suffix: 'x'"),
        (
            {"max_size": "1k", "compress": "true"},
            "compress cannot be true when max-file is less than 2 or max-size is not set",
        ),
        ({"max_file": "0"}, "max-file cannot be less than 1"),
        ({"max_file": "x", "max_size": "1k"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"compress": "x"}, 'strconv.ParseBool: parsing "x": invalid syntax'),
    ],
)
def test_options_without_meaning(options, message):
    with pytest.raises(InvalidParameter) as caught:
        log_settings(record(**options), PATHS)
    assert str(caught.value) == FAILED + message


def test_sizes_are_decimal_and_files_need_a_size():
    settings = log_settings(record(max_size="1k", max_file="3", compress="false"), PATHS)
    assert (settings.max_size_bytes, settings.max_files) == (1000, 3)
    assert log_settings(record(max_file="3"), PATHS).max_files == 1


def test_local_has_docker_s_defaults_and_place():
    settings = log_settings(record("local", labels="a"), PATHS)
    assert settings[:4] == ("local", f"/data/containers/{'0' * 64}/local-logs/container.log", 20 << 20, 5)
    assert settings.compress


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_size": "x"}, "invalid value for max-size: x: invalid size: 'x'"),
        ({"max_file": "x"}, 'invalid value for max-file: x: strconv.Atoi: parsing "x": invalid syntax'),
        ({"max_file": "1"}, "compression cannot be enabled when max file count is 1"),
        ({"compress": "x"}, 'invalid boolean value for compress: strconv.ParseBool: parsing "x": invalid syntax'),
        ({"max_file": "-1", "compress": "false"}, "max-file must not be negative"),
    ],
)
def test_local_s_options_without_meaning(options, message):
    with pytest.raises(InvalidParameter) as caught:
        log_settings(record("local", **options), PATHS)
    assert str(caught.value) == FAILED + message
