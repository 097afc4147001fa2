"""What the shim is told about a container's log: from the log driver and its options (docker run, `--log-opt`)."""

import re

from dockyard.engine.containers.record import Container
from dockyard.errors import InvalidParameter
from dockyard.supervisor.client import LogSettings

SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}


BOOLEANS = frozenset(("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"))
"""https://pkg.go.dev/strconv#ParseBool"""
FAILED = "failed to create task for container: failed to initialize logging driver"


def log_settings(record: Container) -> LogSettings:
    """The settings of one container's log; InvalidParameter, as from Docker's start, when an option has no meaning."""
    try:
        return _log_settings(record)
    except InvalidParameter as error:
        raise InvalidParameter(f"{FAILED}: {error}") from error


def _log_settings(record: Container) -> LogSettings:
    log = record.host_config.log_config
    if log.type == "none":
        return LogSettings()
    options = log.config or {}
    max_size_bytes = parse_size(options["max-size"]) if "max-size" in options else 0
    if options.get("compress", "false") not in BOOLEANS:
        raise InvalidParameter(f'strconv.ParseBool: parsing "{options["compress"]}": invalid syntax')
    return LogSettings(
        driver="json-file",
        path=record.log_path,
        max_size_bytes=max_size_bytes,
        max_files=_max_files(options.get("max-file", "1")),
        attributes=_attributes(record, options),
    )


def parse_size(text: str) -> int:
    """`10m` and the like in bytes, by powers of 1024 as Docker counts memory and log sizes."""
    match = SIZE.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"invalid size: '{text}'")
    return int(float(match[1]) * UNITS[match[2].lower()])


def _max_files(text: str) -> int:
    if not text.isdecimal():
        raise InvalidParameter(f'strconv.Atoi: parsing "{text}": invalid syntax')
    if int(text) < 1:
        raise InvalidParameter("max-file cannot be less than 1")
    return int(text)


def _attributes(record: Container, options: dict[str, str]) -> dict[str, str]:
    """Labels and variables that are copied into each line, by name or by pattern."""
    labels = record.config.labels or {}
    variables = dict(entry.partition("=")[::2] for entry in record.config.env or ())
    found: dict[str, str] = {}
    for values, names, pattern in (
        (labels, options.get("labels", ""), options.get("labels-regex", "")),
        (variables, options.get("env", ""), options.get("env-regex", "")),
    ):
        wanted = [name for name in names.split(",") if name in values]
        if pattern:
            wanted += [name for name in values if re.search(pattern, name)]
        found.update({name: values[name] for name in wanted})
    if "tag" in options:
        found["tag"] = _tag(record, options["tag"])
    return found


TAG_FIELDS = re.compile(r"{{\s*\.(\w+)\s*}}")


def _tag(record: Container, template: str) -> str:
    """Docker's log tags: a text with `{{.Name}}` and the like."""
    fields = {
        "ID": record.id[:12],
        "FullID": record.id,
        "Name": record.name,
        "ImageID": record.image_id.removeprefix("sha256:")[:12],
        "ImageFullID": record.image_id,
        "ImageName": record.config.image,
        "DaemonName": "docker",
    }
    unknown = [name for name in TAG_FIELDS.findall(template) if name not in fields]
    if unknown:
        raise InvalidParameter(f"log tag: can't evaluate field {unknown[0]}")
    return TAG_FIELDS.sub(lambda match: fields[match[1]], template)
