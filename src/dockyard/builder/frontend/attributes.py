"""Attributes of the frontend, as buildx, Compose and buildctl send them. What isn't known is refused by name.

    build-arg:NAME label:NAME context:NAME attest:TYPE     one each
    local-sessionid:NAME sharedkey:localdir:NAME vcs:… input-metadata:NAME
    target filename context contextkey contextsubdir dockerfilekey platform multi-platform no-cache hostname
    add-hosts ulimit (comma separated)  shm-size memory memswap cpu…  cgroup-parent force-network-mode
    image-resolve-mode cache-imports cache-from requestid frontend.caps cmdline source

BuildKit, frontend/dockerui/config.go and docs of the Dockerfile frontend.
"""

import csv
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dockyard.builder.graph import HOSTNAME, Sandbox
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import parse_platform

_PREFIXES = ("build-arg:", "label:", "context:", "attest:", "local-sessionid:", "input-metadata:")
_IGNORED_PREFIXES = ("vcs:", "sharedkey:")
"""What a client tells of its working copy, for provenance, and hints for caches that we don't need."""
_IGNORED = ("frontend.caps", "cmdline", "source")
_RESOURCES = {
    "memory": "memory",
    "memswap": "memory_swap",
    "cpushares": "cpu_shares",
    "cpuperiod": "cpu_period",
    "cpuquota": "cpu_quota",
}
_OURS = ("docker/dockerfile", "docker.io/docker/dockerfile", "docker/dockerfile-upstream")
_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True, slots=True)
class CacheSource:
    """One `--cache-from`."""

    type: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attributes:
    """All that a client has asked for. Sizes in bytes; `no_cache`: None, or names of stages, none for all.

    `context`: a URL, "" for the client's directory `context_name`. `dockerfile_apart`: the Dockerfile is in its
    directory `dockerfile_name` also when the context is a URL. `limits`: fields of a container's HostConfig.
    """

    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    attestations: Mapping[str, str] = field(default_factory=dict)
    sessions: Mapping[str, str] = field(default_factory=dict)
    input_metadata: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    filename: str = "Dockerfile"
    context: str = ""
    context_name: str = "context"
    context_folder: str = ""
    dockerfile_name: str = "dockerfile"
    dockerfile_apart: bool = False
    platforms: tuple[Platform, ...] = ()
    multi: bool = False
    no_cache: tuple[str, ...] | None = None
    network: str = "default"
    sandbox: Sandbox = field(default_factory=Sandbox)
    limits: Mapping[str, int | str] = field(default_factory=dict)
    resolve_mode: str = "default"
    cache_sources: tuple[CacheSource, ...] = ()
    request: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    """As they came, for statements about the build."""


def parse_attributes(given: Mapping[str, str]) -> Attributes:
    """The attributes as values. Raises InvalidParameter for what isn't known or can't be read."""
    _check_names(given)
    named = {prefix: _below(given, prefix) for prefix in _PREFIXES}
    arguments = named["build-arg:"]
    _check_syntax(arguments.get("BUILDKIT_SYNTAX", ""))
    key = given.get("contextkey", "context")
    platforms = tuple(_platform(text) for text in _fields(given.get("platform", "")))
    mode = given.get("image-resolve-mode", "default") or "default"
    if mode not in ("default", "pull", "local"):
        raise InvalidParameter(f"invalid image-resolve-mode: {mode}")
    return Attributes(
        arguments=arguments,
        labels=named["label:"],
        contexts=named["context:"],
        attestations=named["attest:"],
        sessions=named["local-sessionid:"],
        input_metadata=named["input-metadata:"],
        target=given.get("target", ""),
        filename=given.get("filename") or "Dockerfile",
        context=given.get(key, ""),
        context_name=key,
        context_folder=given.get("contextsubdir", ""),
        dockerfile_name=given.get("dockerfilekey", "dockerfile"),
        dockerfile_apart="dockerfilekey" in given,
        platforms=platforms,
        multi=_multi(given, arguments, len(platforms)),
        no_cache=tuple(filter(None, given["no-cache"].split(","))) if "no-cache" in given else None,
        network=_network(given.get("force-network-mode", "")),
        sandbox=Sandbox(
            arguments.get("BUILDKIT_SANDBOX_HOSTNAME") or given.get("hostname", "") or HOSTNAME,
            tuple(_host(text) for text in _fields(given.get("add-hosts", ""))),
            tuple(_ulimit(text) for text in _fields(given.get("ulimit", ""))),
            _integer("shm size", given.get("shm-size", "")),
            given.get("cgroup-parent", ""),
        ),
        limits=_limits(given),
        resolve_mode=mode,
        cache_sources=_cache_sources(given),
        request=given.get("requestid", ""),
        given=given,
    )


_KNOWN = frozenset(
    (
        "target", "filename", "context", "contextkey", "contextsubdir", "dockerfilekey", "platform", "multi-platform",
        "no-cache", "hostname", "add-hosts", "ulimit", "shm-size", "cgroup-parent", "force-network-mode",
        "image-resolve-mode", "cache-imports", "cache-from", "requestid", "cpusetcpus", "cpusetmems", *_RESOURCES,
        *_IGNORED,
    )
)  # fmt: skip


def _check_names(given: Mapping[str, str]) -> None:
    key = given.get("contextkey", "")
    for name in given:
        if name in _KNOWN or name == key or name.startswith((*_PREFIXES, *_IGNORED_PREFIXES)):
            continue
        raise InvalidParameter(f"the frontend attribute {name!r} is not supported by Dockyard".replace("'", '"'))


def check_syntax(reference: str) -> None:
    """Refuse a frontend that isn't the Dockerfile's own. Raises InvalidParameter."""
    _check_syntax(reference)


def _check_syntax(reference: str) -> None:
    image = reference.strip().split(" ", 1)[0]
    name = image.partition("@")[0]
    base = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    if image and base.removeprefix("docker.io/") not in _OURS:
        raise InvalidParameter(
            f"frontend {image} can't be run: Dockyard has the language of docker/dockerfile and no other frontends"
        )


def _below(given: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in given.items() if name.startswith(prefix)}


def _fields(text: str) -> list[str]:
    try:
        return [one for one in next(csv.reader([text]), []) if one] if text else []
    except csv.Error as error:
        raise InvalidParameter(f"{text!r}: {error}") from None


def _platform(text: str) -> Platform:
    try:
        return parse_platform(text)
    except InvalidParameter as error:
        raise InvalidParameter(f"failed to parse target platform {text}: {error}") from None


def _multi(given: Mapping[str, str], arguments: Mapping[str, str], count: int) -> bool:
    text = arguments.get("BUILDKIT_MULTI_PLATFORM") or given.get("multi-platform", "")
    if not text:
        return count > 1
    if text not in _TRUE + _FALSE:
        raise InvalidParameter(f"invalid boolean value for multi-platform: {text}")
    if text in _FALSE and count > 1:
        raise InvalidParameter("conflicting config: returning multiple target platforms is not allowed")
    return text in _TRUE


def _network(text: str) -> str:
    modes = {"": "default", "sandbox": "default", "default": "default", "none": "none", "host": "host"}
    if text not in modes:
        raise InvalidParameter(f"invalid netmode {text}")
    return modes[text]


def _host(text: str) -> str:
    name, equals, address = text.partition("=")
    if not equals:
        raise InvalidParameter(f"failed to parse additional hosts: invalid key-value pair {text}")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise InvalidParameter(f"failed to parse additional hosts: failed to parse IP {address}") from None
    return f"{name.lower()}:{address}"


def _ulimit(text: str) -> tuple[str, int, int]:
    name, equals, value = text.partition("=")
    soft, colon, hard = value.partition(":")
    try:
        numbers = int(soft), int(hard if colon else soft)
    except ValueError:
        numbers = None
    if not name or not equals or numbers is None:
        raise InvalidParameter(f"failed to parse ulimit: invalid ulimit argument: {text}")
    return name, *numbers


def _integer(what: str, text: str) -> int:
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        raise InvalidParameter(f'failed to parse {what}: strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _limits(given: Mapping[str, str]) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for name, field_name in _RESOURCES.items():
        if text := given.get(name, ""):
            number = _integer(f"{name} value", text)
            if number <= 0 and not (name == "memswap" and number == -1):
                raise InvalidParameter(f"failed to parse resource limits: invalid {name} value: {text}: must be > 0")
            found[field_name] = number
    for name in ("cpusetcpus", "cpusetmems"):
        if text := given.get(name, ""):
            found[f"cpuset_{name.removeprefix('cpuset')}"] = text
    return found


def _cache_sources(given: Mapping[str, str]) -> tuple[CacheSource, ...]:
    found = []
    if text := given.get("cache-imports", ""):
        try:
            for one in json.loads(text):
                attributes = {str(key): str(value) for key, value in (one.get("Attrs") or {}).items()}
                found.append(CacheSource(str(one["Type"]), attributes))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidParameter(f"failed to unmarshal cache-imports ({text!r}): {error}") from None
    found += [CacheSource("registry", {"ref": name}) for name in filter(None, given.get("cache-from", "").split(","))]
    return tuple(found)
