"""`--change` of `docker import` and `docker commit`: Dockerfile instructions that alter an image's configuration.

    CMD ["a", "b"] | CMD a b        ENTRYPOINT likewise      ENV A=1 B="two words" | ENV A rest of line
    EXPOSE 80/tcp 53/udp            LABEL a=1                VOLUME /a /b | VOLUME ["/a"]
    USER u   WORKDIR /w   STOPSIGNAL SIGINT   ONBUILD …      HEALTHCHECK NONE | [--interval=…] CMD …

Dockerfile reference; all others are refused as Docker does. This is the part of the language that touches nothing but a
configuration: no stages, no build arguments, variables only of the image's own environment.
"""

import json
import posixpath
from collections.abc import Callable, Iterable

from dockyard.errors import InvalidParameter
from dockyard.spec.image.config import ImageConfig
from dockyard.store.images.change_words import expand, key_values, words
from dockyard.store.images.healthcheck import parse_healthcheck

_FORBIDDEN_TRIGGERS = ("ONBUILD", "FROM", "MAINTAINER")


def apply_changes(config: ImageConfig, changes: Iterable[str]) -> ImageConfig:
    """`config` as changed by the instructions, in order. Raises InvalidParameter with Docker's words."""
    for change in changes:
        for line in change.replace("\\\n", " ").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                config = _apply(config, line.strip())
    return config


def _apply(config: ImageConfig, line: str) -> ImageConfig:
    name, _, rest = line.partition(" ")
    instruction = name.upper()
    action = _ACTIONS.get(instruction)
    if action is None:
        raise InvalidParameter(f"{instruction} is not a valid change command")
    if not rest.strip():
        raise InvalidParameter(f"{instruction} requires at least one argument")
    return action(config, rest.strip())


def _cmd(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(cmd=_command(config, rest))


def _entrypoint(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(entrypoint=_command(config, rest))


def _command(config: ImageConfig, rest: str) -> tuple[str, ...]:
    """The exec form as it is; the shell form for the image's shell."""
    listed = _json_list(rest)
    if listed is not None:
        return listed
    return (*(config.shell or ("/bin/sh", "-c")), rest)


def _env(config: ImageConfig, rest: str) -> ImageConfig:
    env = list(config.env)
    known = _variables(config)
    for key, value in key_values("ENV", rest, known):
        entry = f"{key}={value}"
        for index, old in enumerate(env):
            if old.partition("=")[0] == key:
                env[index] = entry
                break
        else:
            env.append(entry)
    return config._replace(env=tuple(env))


def _label(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(labels={**config.labels, **dict(key_values("LABEL", rest, _variables(config)))})


def _expose(config: ImageConfig, rest: str) -> ImageConfig:
    ports = list(config.exposed_ports)
    for word in words(rest, _variables(config)):
        number, _, protocol = word.partition("/")
        first, _, last = number.partition("-")
        if not all(part.isdigit() and 0 < int(part) < 65536 for part in (first, last or first)):
            raise InvalidParameter(f"invalid containerPort: {number}")
        if (protocol or "tcp").lower() not in ("tcp", "udp", "sctp"):
            raise InvalidParameter(f"invalid proto: {protocol}")
        if int(last or first) < int(first):
            raise InvalidParameter(f"invalid containerPort: {number}")
        for port in range(int(first), int(last or first) + 1):
            name = f"{port}/{(protocol or 'tcp').lower()}"
            if name not in ports:
                ports.append(name)
    return config._replace(exposed_ports=tuple(ports))


def _volume(config: ImageConfig, rest: str) -> ImageConfig:
    listed = _json_list(rest)
    volumes = list(config.volumes)
    for path in listed if listed is not None else words(rest, _variables(config)):
        if not path.strip():
            raise InvalidParameter("VOLUME specified can not be an empty string")
        if path not in volumes:
            volumes.append(path)
    return config._replace(volumes=tuple(volumes))


def _user(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(user=expand(rest, _variables(config)))


def _workdir(config: ImageConfig, rest: str) -> ImageConfig:
    path = expand(rest, _variables(config))
    return config._replace(working_dir=posixpath.normpath(posixpath.join("/", config.working_dir, path)))


def _stop_signal(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(stop_signal=expand(rest, _variables(config)))


def _on_build(config: ImageConfig, rest: str) -> ImageConfig:
    trigger = rest.split()[0].upper()
    if trigger == "ONBUILD":
        raise InvalidParameter("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in _FORBIDDEN_TRIGGERS:
        raise InvalidParameter(f"{trigger} isn't allowed as an ONBUILD trigger")
    return config._replace(on_build=(*config.on_build, rest))


def _healthcheck(config: ImageConfig, rest: str) -> ImageConfig:
    return config._replace(healthcheck=parse_healthcheck(rest, _json_list))


_ACTIONS: dict[str, Callable[[ImageConfig, str], ImageConfig]] = {
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "ONBUILD": _on_build,
    "STOPSIGNAL": _stop_signal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}


def _variables(config: ImageConfig) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in config.env if "=" in entry)


def _json_list(text: str) -> tuple[str, ...] | None:
    """The exec form, or None for what isn't a JSON list of strings: then it's the shell form, as in Docker."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    return tuple(value)
