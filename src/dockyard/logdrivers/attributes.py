"""What every entry of a container says of it: labels and variables that the user chose, and a tag.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/loginfo.go (ExtraAttributes)
https://github.com/moby/moby/blob/v28.5.2/daemon/logger/loggerutils/log_tag.go
"""

import re
from collections.abc import Callable

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import Options, Subject

DEFAULT_TAG = "{{.ID}}"
SHORT_ID_LENGTH = 12
MAX_TEMPLATE_LENGTH = 8192

_REASONS = (
    ("unterminated subpattern", "missing closing )"),
    ("unterminated character set", "missing closing ]"),
    ("unbalanced parenthesis", "unexpected )"),
    ("nothing to repeat", "missing argument to repetition operator"),
    ("bad character range", "invalid character class range"),
    ("bad escape (end of pattern)", "trailing backslash at end of expression"),
)
"""Python's words for what is wrong with a pattern, and Go's (https://pkg.go.dev/regexp/syntax#ErrorCode)."""


def _same(name: str) -> str:
    return name


def attributes(options: Options, subject: Subject, renamed: Callable[[str], str] = _same) -> dict[str, str]:
    """The labels and variables of `subject` that `options` ask for, their names passed through `renamed`."""
    found: dict[str, str] = {}
    for values, names, pattern in (
        (subject.labels, options.get("labels", ""), options.get("labels-regex", "")),
        (subject.variables, options.get("env", ""), options.get("env-regex", "")),
    ):
        found.update({renamed(name): values[name] for name in names.split(",") if name in values})
        if pattern:
            search = _compiled(pattern).search
            found.update({renamed(name): value for name, value in values.items() if search(name)})
    return found


def tag(options: Options, subject: Subject, default: str = DEFAULT_TAG) -> str:
    """The tag: `default`, or the option `tag`, a Go template. InvalidParameter when it can't be filled in."""
    template = options.get("tag") or default
    if "{{" not in template:
        return template
    from dockyard.wire.template import Record, Template  # few tags are templates beyond the default

    fields = {
        "ID": short_id(subject.container_id),
        "FullID": subject.container_id,
        "Name": subject.name,
        "ImageID": short_id(subject.image_id),
        "ImageFullID": subject.image_id,
        "ImageName": subject.image_name,
        "Command": subject.command,
        "Hostname": subject.hostname,
        "DaemonName": subject.daemon_name,
        "Config": dict(options),
        "ContainerID": subject.container_id,
        "ContainerName": f"/{subject.name}",
        "ContainerEntrypoint": subject.path,
        "ContainerArgs": list(subject.arguments),
        "ContainerImageID": subject.image_id,
        "ContainerImageName": subject.image_name,
        "ContainerEnv": list(subject.env),
        "ContainerLabels": dict(subject.labels),
    }
    if len(template) > MAX_TEMPLATE_LENGTH:
        raise InvalidParameter(f"template: log-tag: more than {MAX_TEMPLATE_LENGTH} letters")
    try:
        return Template(template, "log-tag").render(Record("*logger.Info", fields))
    except RecursionError as error:
        raise InvalidParameter("template: log-tag: nested too deeply") from error


def short_id(full: str) -> str:
    """The first twelve letters of an id, without the name of its algorithm."""
    return full.rpartition(":")[2][:SHORT_ID_LENGTH]


def _compiled(pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(pattern)
    except re.error as error:
        reason = next((theirs for ours, theirs in _REASONS if ours in error.msg), error.msg)
        raise InvalidParameter(f"error parsing regexp: {reason}: `{pattern}`") from error
