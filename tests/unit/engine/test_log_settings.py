"""Options of the json-file driver that mean nothing are refused, where and how Docker does it."""

import pytest

from dockyard.engine.containers.config import Config, HostConfig, LogConfig
from dockyard.engine.containers.lifecycle.log_settings import log_settings
from dockyard.engine.containers.record import Container
from dockyard.errors import InvalidParameter

FAILED = "failed to create task for container: failed to initialize logging driver: "


def record(**options):
    host = HostConfig(log_config=LogConfig("json-file", {key.replace("_", "-"): text for key, text in options.items()}))
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
        ({"max_file": "0"}, "max-file cannot be less than 1"),
        ({"max_file": "x", "max_size": "1k"}, 'strconv.Atoi: parsing "x": invalid syntax'),
        ({"compress": "x"}, 'strconv.ParseBool: parsing "x": invalid syntax'),
    ],
)
def test_options_without_meaning(options, message):
    with pytest.raises(InvalidParameter) as caught:
        log_settings(record(**options))
    assert str(caught.value) == FAILED + message


def test_sizes_and_files():
    settings = log_settings(record(max_size="1k", max_file="3", compress="false"))
    assert (settings.max_size_bytes, settings.max_files) == (1024, 3)
