"""`--change` of import and commit: single Dockerfile instructions applied to a configuration.

The instructions that only change configuration: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK NONE, LABEL, ONBUILD,
STOPSIGNAL, USER, VOLUME, WORKDIR (Dockerfile reference). The whole language is the builder's.
"""

import json
import posixpath
import shlex
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dockyard.engine.containers.config import Config, HealthConfig
from dockyard.engine.containers.lifecycle.signals import parse_signal
from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.network.portmap.bindings import parse_exposed


def apply_changes(config: Config, changes: Iterable[str]) -> Config:
    """`config` after the instructions; InvalidParameter, in Docker's words, for one that isn't allowed or malformed."""
    for change in changes:
        name, _, rest = change.strip().partition(" ")
        instruction = INSTRUCTIONS.get(name.upper())
        if instruction is None:
            raise InvalidParameter(f"{name.upper() or change} is not a valid change command")
        if not rest.strip():
            raise InvalidParameter(f"{name.upper()} requires at least one argument")
        config = instruction(config, rest.strip())
    return config


def _words(text: str) -> tuple[str, ...] | None:
    """The exec form, a JSON array of strings; None when `text` isn't one."""
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return tuple(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _command(text: str) -> tuple[str, ...]:
    words = _words(text)
    return words if words is not None else ("/bin/sh", "-c", text)


def _pairs(text: str, name: str) -> list[tuple[str, str]]:
    """`a=1 b="x y"`, or the old form `a some words`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InvalidParameter(f"{name}: {error}") from error
    if "=" not in words[0]:
        key, _, value = text.partition(" ")
        if not value.strip():
            raise InvalidParameter(f"{name} must have two arguments")
        return [(key, value.strip())]
    for word in words:
        if "=" not in word or word.startswith("="):
            raise InvalidParameter(f"Syntax error - can't find = in {word!r}. Must be of the form: name=value")
    return [(key, value) for key, _, value in (word.partition("=") for word in words)]


def _cmd(config: Config, text: str) -> Config:
    return msgspec.structs.replace(config, cmd=_command(text))


def _entrypoint(config: Config, text: str) -> Config:
    return msgspec.structs.replace(config, entrypoint=_command(text))


def _env(config: Config, text: str) -> Config:
    variables = {entry.partition("=")[0]: entry for entry in config.env or ()}
    variables.update({key: f"{key}={value}" for key, value in _pairs(text, "ENV")})
    return msgspec.structs.replace(config, env=tuple(variables.values()))


def _expose(config: Config, text: str) -> Config:
    ports: dict[str, dict[str, Any]] = {f"{number}/{protocol}": {} for number, protocol in parse_exposed(text.split())}
    return msgspec.structs.replace(config, exposed_ports={**(config.exposed_ports or {}), **ports})


def _healthcheck(config: Config, text: str) -> Config:
    if text.upper() != "NONE":
        raise NotImplementedYet("HEALTHCHECK other than NONE is not supported by Dockyard yet")
    return msgspec.structs.replace(config, healthcheck=HealthConfig(test=("NONE",)))


def _label(config: Config, text: str) -> Config:
    return msgspec.structs.replace(config, labels={**(config.labels or {}), **dict(_pairs(text, "LABEL"))})


def _onbuild(config: Config, text: str) -> Config:
    return msgspec.structs.replace(config, on_build=(*(config.on_build or ()), text))


def _stopsignal(config: Config, text: str) -> Config:
    parse_signal(text)
    return msgspec.structs.replace(config, stop_signal=text)


def _user(config: Config, text: str) -> Config:
    if len(text.split()) != 1:
        raise InvalidParameter("USER requires exactly one argument")
    return msgspec.structs.replace(config, user=text)


def _volume(config: Config, text: str) -> Config:
    paths = _words(text) or tuple(text.split())
    return msgspec.structs.replace(config, volumes={**(config.volumes or {}), **{path: {} for path in paths}})


def _workdir(config: Config, text: str) -> Config:
    return msgspec.structs.replace(
        config, working_dir=posixpath.normpath(posixpath.join(config.working_dir or "/", text))
    )


INSTRUCTIONS: dict[str, Callable[[Config, str], Config]] = {
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "ONBUILD": _onbuild,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}
