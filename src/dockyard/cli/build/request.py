"""A command line becomes a BuildRequest."""

from __future__ import annotations

import os

from dockyard.cli.build.flags import CLASSIC_ONLY
from dockyard.cli.container.options.environment import pairs
from dockyard.cli.exit import Exit
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.image.reference import checked
from dockyard.client.build.fields import pairs as fields
from dockyard.client.build.request import Agent, BuildRequest, Cache, Output, Secret
from dockyard.client.credentials.config_file import objects, read
from dockyard.errors import InvalidParameter, NotImplementedYet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EPOCH = "SOURCE_DATE_EPOCH"
_SWITCH = {"true": "", "1": "", "false": ",disabled=true", "0": ",disabled=true"}
_PROXIES = {"httpProxy": "HTTP_PROXY", "httpsProxy": "HTTPS_PROXY", "noProxy": "NO_PROXY", "ftpProxy": "FTP_PROXY",
            "allProxy": "ALL_PROXY"}  # fmt: skip


def request_of(options: Parsed, environment: Mapping[str, str]) -> BuildRequest:
    """What the command line asks for. Raises InvalidParameter, NotImplementedYet, Exit with buildx's messages."""
    _refuse(options, environment)
    call = "check" if options["check"] else options["call"] or "build"
    outputs = _outputs(options)
    if options["iidfile"] and any(output.type in ("local", "tar") for output in outputs):
        raise InvalidParameter("local and tar exporters are incompatible with image ID file")
    return BuildRequest(
        options.arguments[0],
        options["file"] or "",
        _tags(options["tag"]),
        _build_args(options["build-arg"], environment),
        pairs(options["label"]),
        tuple(options["annotation"]),
        options["target"] or "",
        tuple(one for text in _platforms(options, environment) for one in text.split(",")),
        tuple(Secret.parse(text) for text in options["secret"] if text),
        tuple(Agent.parse(text) for text in options["ssh"] if text),
        _contexts(options["build-context"]),
        outputs,
        tuple(one for text in options["cache-from"] if text for one in Cache.parse(text)),
        tuple(one for text in options["cache-to"] if text for one in Cache.parse(text)),
        options["no-cache"],
        tuple(options["no-cache-filter"]),
        options["pull"],
        options["network"],
        tuple(options["add-host"]),
        tuple(f"{name}={soft}:{hard}" for name, soft, hard in options["ulimit"]),
        options["shm-size"] or 0,
        options["cgroup-parent"] or "",
        tuple(options["allow"]),
        _attests(options),
        "" if call == "build" else call,
        lambda size: os.read(0, size),
    )


def _refuse(options: Parsed, environment: Mapping[str, str]) -> None:
    given = [name for name in CLASSIC_ONLY if name in options.changed and options[name] is not False]
    if given:
        raise NotImplementedYet(f"--{given[0]} is of the classic builder: BuildKit has nothing like it")
    if environment.get("DOCKER_BUILDKIT", "1").lower() in ("0", "f", "false"):
        raise Exit(1, "ERROR: this command builds with BuildKit only, and DOCKER_BUILDKIT=0 is set")
    if options["builder"] not in (None, "", "default"):
        raise Exit(1, f'ERROR: no builder "{options["builder"]}" found')


def _outputs(options: Parsed) -> tuple[Output, ...]:
    outputs = [Output.parse(text) for text in options["output"] if text]
    if options["push"]:
        images = [output for output in outputs if output.type in ("image", "registry")]
        for output in images:
            outputs[outputs.index(output)] = Output(
                "image", output.dest, {**output.attributes, "push": "true"}, output.write
            )
        outputs += [] if images else [Output("registry")]
    if options["load"] and not any(output.type == "docker" and not output.dest for output in outputs):
        outputs.append(Output("docker"))
    return tuple(outputs)


def _tags(given: Iterable[str]) -> tuple[str, ...]:
    for name in given:
        try:
            checked(name)
        except InvalidParameter as error:
            raise InvalidParameter(f'invalid tag "{name}": {error}') from None
    return tuple(given)


def _build_args(given: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if equals:
            found[name] = value
        elif name in environment:
            found[name] = environment[name]
    if environment.get(_EPOCH):
        found.setdefault(_EPOCH, environment[_EPOCH])
    known = {name.lower() for name in found}
    proxies = objects(objects(read(environment).get("proxies")).get("default"))
    for key, name in _PROXIES.items():
        if proxies.get(key) and name.lower() not in known:
            found |= {name: str(proxies[key]), name.lower(): str(proxies[key])}
    return found


def _platforms(options: Parsed, environment: Mapping[str, str]) -> list[str]:
    given: list[str] = options["platform"]
    default = environment.get("DOCKER_DEFAULT_PLATFORM", "")
    return given or ([default] if default else [])


def _contexts(given: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidParameter(f"invalid context value: {text}, expected key=value")
        found[name] = value
    return found


def _attests(options: Parsed) -> dict[str, str | None]:
    """Parameters by type: `--attest type=sbom,generator=x`, `--sbom=true`, `--provenance=mode=max`."""
    given = list(options["attest"])
    for kind in ("provenance", "sbom"):
        value = options[kind]
        if value:
            given.append(f"type={kind}{_SWITCH.get(value.lower(), f',{value}')}")
    found: dict[str, str | None] = {}
    for text in given:
        values = fields(text, "invalid value {}")
        kind = dict(values).get("type", "")
        if not kind:
            raise InvalidParameter("attestation type not specified")
        if dict(values).get("disabled", "").lower() in ("1", "t", "true"):
            found[kind] = None
            continue
        found[kind] = ",".join(f"{name}={value}" for name, value in values if name not in ("type", "disabled"))
    return found
