"""Instructions that change the image's configuration alone. What is told to history is what Docker tells."""

import json
import signal as names

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.arguments import Pair
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.dockerfile.words import split_words
from dockyard.builder.plan import warnings
from dockyard.builder.plan.state import StageState
from dockyard.spec.image.config import Healthcheck

_PROTOCOLS = ("tcp", "udp", "sctp")
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_UNITS = ((3600 * 10**9, "h"), (60 * 10**9, "m"))


def plan_env(state: StageState, one: types.Env) -> None:
    """ENV. All values are expanded with the variables as they were before the instruction."""
    pairs = _expanded(state, one.pairs)
    for key, value in pairs:
        state.set_environment(key, value)
    state.nop(one, " ".join(["ENV", *(f"{key}={value}" for key, value in pairs)]))


def plan_label(state: StageState, one: types.Label) -> None:
    """LABEL."""
    pairs = _expanded(state, one.pairs)
    state.config = state.config._replace(labels={**state.config.labels, **dict(pairs)})
    state.nop(one, " ".join(["LABEL", *(f"{key}={value}" for key, value in pairs)]))


def _expanded(state: StageState, pairs: tuple[Pair, ...]) -> list[tuple[str, str]]:
    return [(state.expand(pair.key), state.expand(pair.value)) for pair in pairs]


def plan_maintainer(state: StageState, one: types.Maintainer) -> None:
    """MAINTAINER: the image's author."""
    state.author = one.name
    state.nop(one, f"MAINTAINER {one.name}")


def plan_arg(state: StageState, one: types.Arg) -> None:
    """ARG. Each sees those before it."""
    told = []
    for key, default in one.pairs:
        expanded_key = state.expand(key)
        warnings.secret(state, one, key)
        if default is not None and state.options.arguments.get(key) is None:
            warnings.undefined(state, one, default)
        expanded = None if default is None else state.expand(default)
        value = state.declare_argument(expanded_key, expanded)
        shown = expanded if state.options.is_classic else value
        told.append(expanded_key if shown is None else f"{expanded_key}={shown}")
    state.nop(one, f"ARG {' '.join(told)}")


def plan_expose(state: StageState, one: types.Expose) -> None:
    """EXPOSE: a variable may hold several ports."""
    words = [word for port in one.ports for word in split_words(port, state.lookup, state.outline.mode)]
    for word in words:
        warnings.port(state, one, word)
    meant = [port for word in words for port in _ports(word)]
    ports = dict.fromkeys((*state.config.exposed_ports, *meant))
    state.config = state.config._replace(exposed_ports=tuple(ports))
    state.nop(one, f"EXPOSE {' '.join(words)}" if state.options.is_classic else f"EXPOSE [{' '.join(meant)}]")


def _ports(word: str) -> list[str]:
    """`80`, `80/udp`, `8000-8010/tcp`; an address and a port of the host before it mean nothing in an image."""
    number, _, protocol = word.rpartition(":")[2].partition("/")
    protocol = (protocol or "tcp").lower()
    if not number:
        raise DockerfileError(f"no port specified: {word}<empty>")
    if protocol not in _PROTOCOLS:
        raise DockerfileError(f'invalid port: "{word}": invalid proto: {protocol}')
    first, _, last = number.partition("-")
    for part in (first, last or first):
        if not (part.isascii() and part.isdigit() and len(part) <= 5 and int(part) <= 65535):
            raise DockerfileError(f"invalid containerPort: {number}")
    if int(last or first) < int(first):
        raise DockerfileError(f"invalid containerPort: {number}")
    return [f"{port}/{protocol}" for port in range(int(first), int(last or first) + 1)]


def plan_volume(state: StageState, one: types.Volume) -> None:
    """VOLUME."""
    paths = [state.expand(path) for path in one.paths]
    if not all(paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    volumes = (*state.config.volumes, *(path for path in paths if path not in state.config.volumes))
    state.config = state.config._replace(volumes=tuple(dict.fromkeys(volumes)))
    state.nop(one, f"VOLUME [{' '.join(paths)}]")


def plan_user(state: StageState, one: types.User) -> None:
    """USER."""
    name = state.expand(one.name)
    state.config = state.config._replace(user=name)
    state.nop(one, f"USER {name}")


def plan_stop_signal(state: StageState, one: types.StopSignal) -> None:
    """STOPSIGNAL."""
    signal = state.expand(one.signal)
    _check_signal(signal)
    state.config = state.config._replace(stop_signal=signal)
    state.nop(one, f"STOPSIGNAL {signal}")


def _check_signal(text: str) -> None:
    if text.isascii() and text.isdigit():
        if text.strip("0"):
            return
    elif f"SIG{text.upper().removeprefix('SIG').partition('+')[0].partition('-')[0]}" in names.Signals.__members__:
        return
    raise DockerfileError(f"invalid signal: {text}")


def plan_shell(state: StageState, one: types.Shell) -> None:
    """SHELL."""
    state.config = state.config._replace(shell=one.words)
    state.nop(one, f"SHELL [{' '.join(one.words)}]")


def plan_on_build(state: StageState, one: types.OnBuild) -> None:
    """ONBUILD."""
    state.config = state.config._replace(on_build=(*state.config.on_build, one.expression))
    if state.options.is_classic:
        state.nop(one, f"ONBUILD {one.expression}")


def plan_health_check(state: StageState, one: types.HealthCheck) -> None:
    """HEALTHCHECK."""
    before = state.config.healthcheck
    remark = ""
    if before is not None and before.test and before.test[0] != "NONE":
        remark = f"Note: overriding previous HEALTHCHECK: [{' '.join(before.test)}]"
    state.config = state.config._replace(healthcheck=one.check)
    told = _told(one.check) if state.options.is_classic else _quoted_check(one.check)
    state.nop(one, f"HEALTHCHECK {told}", remark)


def _told(check: Healthcheck) -> str:
    times = (
        f"Interval:{_duration(check.interval)} Timeout:{_duration(check.timeout)} "
        f"StartPeriod:{_duration(check.start_period)} StartInterval:{_duration(check.start_interval)}"
    )
    return f"&{{Test:[{' '.join(check.test)}] {times} Retries:{check.retries}}}"


def _quoted_check(check: Healthcheck) -> str:
    """As Go's %q prints the structure, which is what BuildKit does: durations as texts, the number as a character."""
    times = (check.interval, check.timeout, check.start_period, check.start_interval)
    shown = " ".join(f'"{_duration(time)}"' for time in times)
    return f"&{{{quoted(check.test)} {shown} {_quoted_character(check.retries)}}}"


def _quoted_character(number: int) -> str:
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        return "'\ufffd'"
    if chr(number).isprintable():
        return "'" + chr(number).replace("\\", "\\\\").replace("'", "\\'") + "'"
    if number in _ESCAPES:
        return f"'{_ESCAPES[number]}'"
    return f"'\\x{number:02x}'" if number < 0x80 else f"'\\u{number:04x}'"


def _duration(nanoseconds: int) -> str:
    """As Go's Duration prints itself."""
    if nanoseconds < 10**9:
        for unit, name in ((10**6, "ms"), (10**3, "µs")):
            if nanoseconds >= unit:
                return f"{nanoseconds / unit:.6f}".rstrip("0").rstrip(".") + name
        return f"{nanoseconds}ns" if nanoseconds else "0s"
    parts, began = [], False
    for unit, name in _UNITS:
        count, nanoseconds = divmod(nanoseconds, unit)
        if count or began:
            parts.append(f"{count}{name}")
            began = True
    seconds = f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}".rstrip("0").rstrip(".")
    return "".join(parts) + f"{seconds}s"


def quoted(words: tuple[str, ...]) -> str:
    """A list as Go's %q prints it."""
    return f"[{' '.join(json.dumps(word, ensure_ascii=False) for word in words)}]"
