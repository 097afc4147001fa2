"""Rules of `docker build --check` that need values: told while a stage is planned. See dockerfile/lint.py."""

import contextlib
import posixpath
import re

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.csv_fields import csv_fields
from dockyard.builder.dockerfile.ignore import Ignore
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.builder.dockerfile.words import Mode, scan
from dockyard.builder.plan.state import StageState
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform

_SECRET = re.compile(
    r"(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE
)
_HARMLESS = re.compile(r"(?:_|^)(?:public)(?:_|$)", re.IGNORECASE)


def before(state: StageState, one: Instruction) -> None:
    """What is to be told of an instruction before it takes effect."""
    _undefined(state, one)
    match one:
        case types.Env(pairs=pairs) | types.Label(pairs=pairs):
            if any(pair.legacy for pair in pairs):
                keyword = one.line.keyword
                form = f'"{keyword} key=value" should be used instead of legacy "{keyword} key value" format'
                state.warn("LegacyKeyValueFormat", form, one)
            if isinstance(one, types.Env):
                for pair in pairs:
                    with contextlib.suppress(InvalidParameter):
                        secret(state, one, state.expand(pair.key))
        case types.Cmd(command=command) | types.Entrypoint(command=command):
            if command.shell_form and not state.config.shell:
                name = one.line.name.upper()
                message = f"JSON arguments recommended for {name} to prevent unintended behavior related to OS signals"
                state.warn("JSONArgsRecommended", message, one)
            _only_one(state, one)
        case types.HealthCheck():
            _only_one(state, one)
        case types.Copy(origin=""):
            _ignored(state, one, "Copy")
        case types.Add():
            _ignored(state, one, "Add")


def secret(state: StageState, one: Instruction, name: str) -> None:
    """ARG and ENV are for everybody to read."""
    if _SECRET.search(name) and not _HARMLESS.search(name):
        what = f'{one.line.name.upper()} "{name}"'
        state.warn("SecretsUsedInArgOrEnv", f"Do not use ARG or ENV instructions for sensitive data ({what})", one)


def undefined(state: StageState, one: Instruction, text: str, mode: Mode | None = None) -> None:
    """Variables in `text` that nothing has set."""
    if "$" not in text:
        return
    missing: set[str] = set()

    def lookup(name: str) -> str | None:
        value = state.variables.get(name)
        if value is None:
            missing.add(name)
        return value

    with contextlib.suppress(InvalidParameter):  # planning it will say so
        scan(text, lookup, mode or state.outline.mode)
    for name in sorted(missing - state.arguments.declared.keys()):
        hint = suggestion(name, state.variables, lower=False, sign="$")
        state.warn("UndefinedVar", f"Usage of undefined variable '${name}'{hint}", one)


def port(state: StageState, one: Instruction, word: str) -> None:
    """EXPOSE takes a port of the container, with a protocol in lower case."""
    number, _, protocol = word.partition("/")
    if protocol != protocol.lower():
        message = f"Defined protocol '{word}' in EXPOSE instruction should be lowercase"
        state.warn("ExposeProtoCasing", message, one)
    if ":" in number:
        message = f"EXPOSE instruction should not define an IP address or host-port mapping, found '{word}'"
        state.warn("ExposeInvalidFormat", message, one)


def workdir(state: StageState, one: Instruction, path: str) -> None:
    """The first WORKDIR is absolute: nobody knows what the base image has."""
    if not state.workdir_set and not path.startswith("/"):
        message = f'Relative workdir "{path}" can have unexpected results if the base image changes'
        state.warn("WorkdirRelativePath", message, one)
    state.workdir_set = True


def base_platform(state: StageState, one: Instruction, name: str, wanted: Platform, found: Platform) -> None:
    """The image that is here is for another machine."""
    if found.architecture and (wanted.os, wanted.architecture) != (found.os, found.architecture):
        there, here = (
            "/".join(part for part in (each.os, each.architecture, each.variant) if part) for each in (wanted, found)
        )
        message = f'Base image {name} was pulled with platform "{here}", expected "{there}" for current build'
        state.warn("InvalidBaseImagePlatform", message, one)


def _undefined(state: StageState, one: Instruction) -> None:
    for text in _texts(one):
        undefined(state, one, text)
    if isinstance(one, types.Transfer):
        for document in one.contents:
            if document.expands:
                undefined(state, one, document.text, Mode(skip_quotes=True))


def _texts(one: Instruction) -> tuple[str, ...]:
    """What of an instruction is one word with variables, in BuildKit's order. ARG's defaults are plan_arg's matter."""
    match one:
        case types.Env(pairs=pairs) | types.Label(pairs=pairs):
            return tuple(text for pair in pairs for text in (pair.key, pair.value))
        case types.Copy():
            return (one.chown, one.chmod, *one.sources, one.destination)
        case types.Add():
            return (one.chown, one.chmod, one.checksum, *one.sources, one.destination)
        case types.Run(mounts=mounts):
            return tuple(field.partition("=")[2] for mount in mounts for field in csv_fields(mount, "mounts"))
        case types.Workdir(path=path):
            return (path,)
        case types.User(name=name):
            return (name,)
        case types.Volume(paths=paths):
            return paths
        case types.StopSignal(signal=signal):
            return (signal,)
    return ()


def _only_one(state: StageState, one: Instruction) -> None:
    earlier = state.last_of_kind.get(type(one))
    if earlier is not None:
        message = (
            f"Multiple {one.line.name.upper()} instructions should not be used in the same stage "
            "because only the last one will be used"
        )
        state.warn("MultipleInstructionsDisallowed", message, earlier)
    state.last_of_kind[type(one)] = one


def _ignored(state: StageState, one: types.Transfer, verb: str) -> None:
    patterns = state.options.ignored
    if not patterns or any(pattern.startswith("!") for pattern in patterns):
        return  # what exceptions let in again can't be seen here
    rules = Ignore(patterns)
    for source in one.sources:
        try:
            path = posixpath.normpath(state.expand(source))
        except InvalidParameter:
            continue
        if path in (".", "/") and not {"*", "**", "**/*"}.intersection(patterns):
            continue
        if not path.startswith(("http://", "https://", "http:/", "https:/")) and rules.excludes(path):
            message = f'Attempting to {verb} file "{path}" that is excluded by .dockerignore'
            state.warn("CopyIgnoredFile", message, one)
