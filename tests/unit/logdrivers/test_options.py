"""Options of log drivers: what they mean, and what is refused in Docker's words (compared in tests/e2e/golden)."""

import pytest

from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import Patience, Subject
from dockyard.logdrivers.drivers import NAMES, buffer_bytes, check_options
from dockyard.logdrivers.limits import waiting_entries
from dockyard.logdrivers.options import files, fluentd, gelf, splunk, syslog

SUBJECT = Subject(
    container_id="0123456789abcdef" * 4,
    name="talker",
    image_id="sha256:" + "fedcba9876543210" * 4,
    image_name="busybox:1",
    path="sh",
    arguments=("-c", "true"),
    created_ns=1,
    hostname="host",
    labels={"a.b": "1", "ab": "2", "c": "3"},
    env=("PATH=/bin", "X=a=b", "bare"),
)


def test_the_list_is_docker_s() -> None:
    assert (*("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "splunk", "syslog"),) == NAMES


@pytest.mark.parametrize("name", ["awslogs", "gcplogs"])
def test_clouds_are_refused_by_name(name: str) -> None:
    with pytest.raises(NotImplementedYet, match=f"the log driver {name} is not supported by Dockyard: it sends to "):
        check_options(name, {})


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("nope", {}, 'error looking up logging plugin nope: plugin "nope" not found'),
        ("json-file", {"x": ""}, "unknown log opt 'x' for json-file log driver"),
        ("local", {"x": ""}, "unknown log opt 'x' for log driver local"),
        ("syslog", {"x": ""}, "unknown log opt 'x' for syslog log driver"),
        ("journald", {"max-size": "1"}, "unknown log opt 'max-size' for journald log driver"),
        ("fluentd", {"x": ""}, "unknown log opt 'x' for fluentd log driver"),
        ("splunk", {"x": ""}, "unknown log opt 'x' for splunk log driver"),
        ("gelf", {"gelf-address": "udp://h:1", "x": ""}, 'unknown log opt "x" for gelf log driver'),
        ("json-file", {"mode": "x"}, "logger: logging mode not supported: x"),
        ("json-file", {"cache-disabled": "x"}, "invalid value for option cache-disabled: x"),
        (
            "local",
            {"max-buffer-size": "1m"},
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
        ),
    ],
)
def test_what_no_container_may_have(name: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check_options(name, options)
    assert str(caught.value) == message


def test_options_of_the_mode_and_the_cache_are_every_driver_s() -> None:
    more = {"mode": "non-blocking", "max-buffer-size": "2m", "cache-max-size": "1m", "cache-disabled": "false"}
    for name in ("fluentd", "journald", "json-file", "local", "splunk", "syslog"):
        check_options(name, more)
    check_options("none", {"anything": "goes"})
    assert buffer_bytes(more) == 2 << 20
    assert buffer_bytes({}) == 1 << 20


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("", ("", "", 0)),
        ("udp://127.0.0.1", ("udp", "127.0.0.1", 514)),
        ("tcp://[::1]:1514", ("tcp", "::1", 1514)),
        ("tcp+tls://host:6514", ("tcp+tls", "host", 6514)),
        ("unixgram:///dev/null", ("unixgram", "/dev/null", 0)),
    ],
)
def test_addresses_of_syslog(address: str, place: tuple[str, str, int]) -> None:
    chosen = syslog.settings({"syslog-address": address})
    assert (chosen.network, chosen.address, chosen.port) == place
    assert chosen.facility == 3


@pytest.mark.parametrize(("text", "number"), [("kern", 0), ("ftp", 11), ("local7", 23), ("17", 17)])
def test_facilities_of_syslog(text: str, number: int) -> None:
    assert syslog.settings({"syslog-facility": text}).facility == number


def test_gelf_s_defaults() -> None:
    chosen = gelf.settings({"gelf-address": "udp://h:12201"})
    assert (chosen.compression, chosen.level, chosen.max_reconnect) == ("gzip", 1, None)


def test_fluentd_s_defaults_and_limits() -> None:
    chosen = fluentd.settings({})
    assert (chosen.network, chosen.host, chosen.port, chosen.max_retries) == ("tcp", "127.0.0.1", 24224, 2**31 - 1)
    assert fluentd.settings({"fluentd-address": "unix:///x"}).path == "/x"
    assert fluentd.settings({"fluentd-retry-wait": "1m"}).retry_wait_seconds == 60
    assert waiting_entries("fluentd", {}) is None
    assert waiting_entries("fluentd", {"fluentd-async": "true", "fluentd-buffer-limit": "1k"}) == 1024
    assert waiting_entries("syslog", {}) is None
    with pytest.raises(InvalidParameter, match="must be between 100ms and 10s"):
        fluentd.settings({"fluentd-async-reconnect-interval": "20s"})


def test_splunk_s_address() -> None:
    chosen = splunk.settings({"splunk-url": "https://h:8088/", "splunk-token": "t"})
    assert chosen.url == "https://h:8088/services/collector/event/1.0"
    assert chosen.verify_connection
    assert chosen.gzip_level is None


def test_the_cache_has_options_of_its_own() -> None:
    options = {"cache-max-size": "1m", "cache-max-file": "3", "cache-compress": "false", "max-size": "9k"}
    assert files.local_settings(options, "cache-") == (1_000_000, 3, False)
    assert files.local_settings({}, "cache-") == (20 << 20, 5, True)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, {}),
        ({"labels": "ab,nope", "env": "X"}, {"ab": "2", "X": "a=b"}),
        ({"labels-regex": "^a"}, {"a.b": "1", "ab": "2"}),
        ({"env-regex": "^(PATH|bare)$", "labels": "c"}, {"PATH": "/bin", "c": "3"}),
    ],
)
def test_attributes(options: dict[str, str], found: dict[str, str]) -> None:
    assert attributes(options, SUBJECT) == found


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", "0123456789ab"),
        ("plain", "plain"),
        ("{{.Name}}/{{.ImageName}}/{{.ImageID}}", "talker/busybox:1/fedcba987654"),
        ("{{.FullID}}", "0123456789abcdef" * 4),
        ("{{.ImageFullID}}", "sha256:" + "fedcba9876543210" * 4),
        ("{{.Command}} {{.Hostname}} {{.DaemonName}}", "sh -c true host docker"),
        ('{{upper .Name}} {{join .ContainerArgs "+"}} {{truncate .FullID 3}}', "TALKER -c+true 012"),
        ('{{range $i, $v := split .ContainerName "l"}}{{if $i}}-{{end}}{{$v}}{{end}}', "/ta-ker"),
        ("{{json .ContainerLabels}}", '{"a.b":"1","ab":"2","c":"3"}'),
    ],
)
def test_tags(template: str, text: str) -> None:
    assert tag({"tag": template}, SUBJECT) == text


def test_patience() -> None:
    assert [Patience().wait_after(number) for number in (1, 2, 3, 100)] == [0.1, 0.2, 0.4, 5.0]
    assert Patience(2, 1, 1).wait_after(1) == 1
    assert Patience(2, 1, 1).wait_after(2) is None
    assert Patience(growth=1.5).wait_after(10**9) == 5.0


@pytest.mark.parametrize(
    "template",
    ["{{" + "(" * 3000 + "1" + ")" * 3000 + "}}", "{{pad .Name 1000000000 0}}", "{{.Name}}" * 1000, "{{", "{{.X}}"],
)
def test_tags_that_would_cost_too_much_or_are_none(template: str) -> None:
    with pytest.raises(InvalidParameter, match="log-tag"):
        tag({"tag": template}, SUBJECT)
