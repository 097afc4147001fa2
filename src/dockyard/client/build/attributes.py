"""What the Dockerfile frontend is told of a build, besides its contexts: names and values as BuildKit's docs have them.

https://github.com/moby/buildkit/blob/master/docs/reference/frontend/dockerfile.md (`--opt`)
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import replace

from dockyard.client.build.request import BuildRequest
from dockyard.errors import InvalidParameter

FRONTEND = "dockerfile.v0"
_CALLS = {"check": "lint", "lint": "lint", "outline": "outline", "targets": "targets"}
_ANNOTATION_KIND = re.compile(r"([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?")
_ANNOTATION_KINDS = ("index", "index-descriptor", "manifest", "manifest-descriptor")


def frontend_of(request: BuildRequest) -> tuple[str, dict[str, str]]:
    """Which frontend builds, and what it is told of itself: another image's where BUILDKIT_SYNTAX names one."""
    syntax = request.build_args.get("BUILDKIT_SYNTAX")
    if syntax is None:
        return FRONTEND, {}
    if not syntax.strip():
        raise InvalidParameter("empty BUILDKIT_SYNTAX build-arg is invalid")
    return "gateway.v0", {"source": syntax.split()[0], "cmdline": syntax}


def attributes_of(request: BuildRequest, gateway_ip: str = "") -> dict[str, str]:
    """The frontend's attributes; gateway_ip is what `host-gateway` means in add_hosts. Raises InvalidParameter."""
    found = {f"build-arg:{name}": value for name, value in request.build_args.items()}
    found |= {f"label:{name}": value for name, value in request.labels.items()}
    found |= {f"attest:{name}": value for name, value in request.attests.items() if value is not None}
    found["image-resolve-mode"] = "pull" if request.pull else "local"
    if request.build_args.get("BUILDKIT_MULTI_PLATFORM", "").lower() in ("1", "t", "true"):
        found["multi-platform"] = "true"
    if request.network in ("host", "none"):
        found["force-network-mode"] = request.network
    elif request.network not in ("", "default"):
        raise InvalidParameter(f'network mode "{request.network}" not supported by buildkit')
    if request.no_cache:
        found["no-cache"] = ""
    elif request.no_cache_filter:
        found["no-cache"] = ",".join(request.no_cache_filter)
    if request.call:
        found["requestid"] = f"frontend.{_call(request.call)}"
        found["frontend.caps"] = "moby.buildkit.frontend.subrequests+forward"
    given = {
        "target": request.target,
        "platform": ",".join(request.platforms),
        "add-hosts": ",".join(_hosts(request.add_hosts, gateway_ip)),
        "ulimit": ",".join(request.ulimits),
        "shm-size": str(request.shm_size or ""),
        "cgroup-parent": request.cgroup_parent,
    }
    return found | {name: value for name, value in given.items() if value}


def with_default_statements(request: BuildRequest) -> BuildRequest:
    """With what is stated about a build unless somebody says otherwise: how it was made, in few words."""
    if request.call or "provenance" in request.attests:
        return request
    return replace(request, attests={**request.attests, "provenance": "mode=min,inline-only=true"})


def entitlements_of(request: BuildRequest) -> list[str]:
    """What the build is allowed beyond the usual."""
    return [*request.allow, *(["network.host"] if request.network == "host" else [])]


def annotations_of(request: BuildRequest) -> Mapping[str, str]:
    """Attributes for exporters: `annotation-manifest.key`, `annotation-index[linux/amd64].key`, `annotation.key`."""
    found = {}
    for text in request.annotations:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidParameter(f'invalid annotation "{text}", expected key=value')
        kinds, colon, key = name.partition(":")
        if not colon:
            found[f"annotation.{name}"] = value
            continue
        for kind in kinds.split(","):
            matched = _ANNOTATION_KIND.fullmatch(kind)
            if matched is None:
                raise InvalidParameter(
                    f'invalid annotation type "{kind}", expected type and optional platform in square brackets'
                )
            if matched[1] not in _ANNOTATION_KINDS:
                raise InvalidParameter(f'unknown annotation type "{matched[1]}"')
            found[f"annotation-{kind}.{key}"] = value
    return found


def _call(name: str) -> str:
    if name not in _CALLS:
        raise InvalidParameter(f'unknown method "{name}": Dockyard knows check, outline, targets')
    return _CALLS[name]


def _hosts(given: tuple[str, ...], gateway_ip: str) -> list[str]:
    found = []
    for text in given:
        host, mark, addresses = text.partition("=" if "=" in text else ":")
        if not (host and mark and addresses):
            raise InvalidParameter(f"invalid host {text}")
        if addresses == "host-gateway":
            if not gateway_ip:
                raise InvalidParameter("unable to derive the IP value for host-gateway")
            addresses = gateway_ip
        for one in addresses.split(","):
            bare = one[1:-1] if one.startswith("[") and one.endswith("]") else one
            try:
                ipaddress.ip_address(bare)
            except ValueError:
                raise InvalidParameter(f"invalid host {text}") from None
            found.append(f"{host}={bare}")
    return found
