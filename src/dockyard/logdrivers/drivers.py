"""The table of log drivers, and the check of a container's log options when it is created.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/factory.go (ValidateLogOpts)
"""

from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import Driver, Options, Subject
from dockyard.logdrivers.options import files, fluentd, gelf, journald, splunk, syslog
from dockyard.logdrivers.values import boolean, memory_size

NONE = "none"
CLOUD = {"awslogs": "Amazon CloudWatch Logs", "gcplogs": "Google Cloud Logging"}
"""What sends to services that only exist as somebody's cloud: known by name, and refused."""

DEFAULT_BUFFER_BYTES = 1 << 20
CACHE_OPTIONS = frozenset(f"cache-{name}" for name in (*files.FILE_OPTIONS, "disabled"))
BUILT_IN_OPTIONS = CACHE_OPTIONS | {"mode", "max-buffer-size"}
MODES = ("", "blocking", "non-blocking")


def _begin_json_file(options: Options, subject: Subject) -> None:
    files.json_file_settings(options)
    _fill_in(options, subject)


def _begin_local(options: Options, subject: Subject) -> None:
    files.local_settings(options)
    _fill_in(options, subject)


def _begin_splunk(options: Options, subject: Subject) -> None:
    splunk.settings(options)
    _fill_in(options, subject)


def _fill_in(options: Options, subject: Subject) -> None:
    attributes(options, subject)
    tag(options, subject)


DRIVERS = {
    driver.name: driver
    for driver in (
        Driver("fluentd", fluentd.check, _fill_in, sends=True),
        Driver("gelf", gelf.check, _fill_in, sends=True),
        Driver("journald", journald.check, _fill_in, sends=True),
        Driver("json-file", files.check_json_file, _begin_json_file),
        Driver("local", files.check_local, _begin_local),
        Driver("splunk", splunk.check, _begin_splunk, sends=True),
        Driver("syslog", syslog.check, _fill_in, sends=True),
    )
}

NAMES = tuple(sorted((*DRIVERS, *CLOUD)))
"""What `docker info` lists, as Docker does: `none` isn't among them."""


def check_options(name: str, options: Options) -> None:
    """Whether a container may have the driver `name` with `options`.

    Raises:
        InvalidParameter: Docker refuses them with the same message.
        NotImplementedYet: the driver is one of `CLOUD`.
    """
    if name == NONE:
        return
    mode = options.get("mode", "")
    if mode not in MODES:
        raise InvalidParameter(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" in options:
        if mode != "non-blocking":
            raise InvalidParameter("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
        try:
            memory_size(options["max-buffer-size"])
        except InvalidParameter as error:
            raise InvalidParameter(f"error parsing option max-buffer-size: {error}") from error
    disabled = options.get("cache-disabled")
    if disabled:
        try:
            boolean(disabled)
        except InvalidParameter:
            raise InvalidParameter(f"invalid value for option cache-disabled: {disabled}") from None
    if name in CLOUD:
        raise NotImplementedYet(
            f"the log driver {name} is not supported by Dockyard: it sends to {CLOUD[name]}, "
            "whose client libraries Dockyard doesn't bring along"
        )
    driver = DRIVERS.get(name)
    if driver is None:
        raise InvalidParameter(f'error looking up logging plugin {name}: plugin "{name}" not found')
    driver.check({key: value for key, value in options.items() if key not in BUILT_IN_OPTIONS})


def non_blocking(options: Options) -> bool:
    """Whether entries may be dropped so that the container never waits."""
    return options.get("mode") == "non-blocking"


def buffer_bytes(options: Options) -> int:
    """How much may wait in non-blocking mode."""
    size = memory_size(options["max-buffer-size"]) if "max-buffer-size" in options else 0
    return size or DEFAULT_BUFFER_BYTES
