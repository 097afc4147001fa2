"""`POST /containers/create` of older versions, taken up to the newest; and what any version may leave to the daemon.

The body has been fitted to its shape: keys are spelled right, nulls are gone. The functions edit it in place.
"""

from typing import Any

from dockyard.api.versions import Version
from dockyard.errors import InvalidParameter

Body = dict[str, Any]
DEFAULT_NETWORK = "bridge"


def upgrade_create(body: Body, version: Version) -> list[str]:
    """Edits `body` into a request of the newest version; returns the warnings for its sender.

    Raises InvalidParameter, in Docker's words, for what `version` doesn't allow.
    """
    host_config: Body = body.setdefault("HostConfig", {})
    endpoints: dict[str, Body] = body.setdefault("NetworkingConfig", {}).setdefault("EndpointsConfig", {})
    _name_default_network(host_config, endpoints)
    _drop_unknown_options(body, host_config, endpoints, version)
    _check_mounts(host_config.get("Mounts", ()), version)
    _check_endpoint_count(endpoints, version)
    if host_config.get("PidsLimit", 1) <= 0:
        del host_config["PidsLimit"]  # 0 and negative numbers mean unlimited
    warnings = [_mac_address(body, host_config, endpoints, version), _volume_driver(host_config, version)]
    warnings.append(_empty_port_bindings(host_config, version))
    return [warning for warning in warnings if warning]


def _name_default_network(host_config: Body, endpoints: dict[str, Body]) -> None:
    """`default` (or nothing) is the default network of this system; its settings move along."""
    if host_config.get("NetworkMode", "") in ("", "default"):
        host_config["NetworkMode"] = DEFAULT_NETWORK
        if "default" in endpoints:
            endpoints[DEFAULT_NETWORK] = endpoints.pop("default")


def _drop_unknown_options(body: Body, host_config: Body, endpoints: dict[str, Body], version: Version) -> None:
    """Options that didn't exist in `version` yet were ignored by it; defaults that it had are made explicit."""
    for mount in host_config.get("Mounts", ()):
        bind_options = mount.get("BindOptions", {})
        if version < (1, 40):
            bind_options.pop("NonRecursive", None)
        if version < (1, 42):
            bind_options.pop("CreateMountpoint", None)
            if mount.get("Type") != "volume":
                mount.pop("VolumeOptions", None)
            if mount.get("Type") != "tmpfs":
                mount.pop("TmpfsOptions", None)
    drop_kernel_memory(host_config, version)
    if version < (1, 40) and not host_config.get("IpcMode"):
        host_config["IpcMode"] = "shareable"
    if version < (1, 42):
        host_config.pop("ConsoleSize", None)
    if version < (1, 43):
        host_config.pop("Annotations", None)
    if version < (1, 44):
        body.get("Healthcheck", {}).pop("StartInterval", None)
    if version < (1, 48):
        for endpoint in endpoints.values():
            endpoint.pop("GwPriority", None)


def drop_kernel_memory(limits: Body, version: Version) -> None:
    """Limits that the kernel gave up are accepted from old clients and ignored from newer ones."""
    if version >= (1, 42):
        limits.pop("KernelMemory", None)
    if version >= (1, 52):
        limits.pop("KernelMemoryTCP", None)


def _check_mounts(mounts: list[Body], version: Version) -> None:
    for mount in mounts:
        kind = mount.get("Type", "")
        if version >= (1, 42):
            for options, owner in (("VolumeOptions", "volume"), ("BindOptions", "bind"), ("TmpfsOptions", "tmpfs")):
                if mount.get(options) is not None and kind != owner:
                    raise InvalidParameter(f'{options} must not be specified on mount type "{kind}"')
        if version < (1, 44):
            bind_options = mount.get("BindOptions", {})
            if kind == "bind" and bind_options.get("ReadOnlyForceRecursive"):
                raise InvalidParameter("BindOptions.ReadOnlyForceRecursive needs API v1.44 or newer")
            if kind == "bind" and mount.get("ReadOnly"):
                mount["BindOptions"] = bind_options | {"ReadOnlyNonRecursive": True}
        if version < (1, 45) and mount.get("VolumeOptions", {}).get("Subpath"):
            raise InvalidParameter("VolumeOptions.Subpath needs API v1.45 or newer")
        if version < (1, 48) and kind == "image":
            raise InvalidParameter('Mount type "Image" needs API v1.48 or newer')


def _check_endpoint_count(endpoints: dict[str, Body], version: Version) -> None:
    if version < (1, 44) and len(endpoints) > 1:
        names = ", ".join(endpoints)
        raise InvalidParameter(f"Container cannot be created with multiple network endpoints: {names}")


def _mac_address(body: Body, host_config: Body, endpoints: dict[str, Body], version: Version) -> str:
    """Moves the container-wide MAC address, which is gone since 1.44, to the endpoint of its main network."""
    address = body.pop("MacAddress", "")
    mode = host_config["NetworkMode"]
    private = mode not in ("host", "none") and not mode.startswith("container:")
    if not address:
        if version < (1, 44):
            for endpoint in endpoints.values():
                endpoint.pop("MacAddress", None)
        return ""
    if version >= (1, 52):
        raise InvalidParameter(
            "container-wide MAC address no longer supported; use endpoint-specific MAC address instead"
        )
    if version < (1, 44):
        if not private:
            raise InvalidParameter("conflicting options: mac-address and the network mode")
        _main_endpoint(mode, endpoints, version)["MacAddress"] = address
        return ""
    if private:
        endpoint = _main_endpoint(mode, endpoints, version)
        if endpoint.setdefault("MacAddress", address) != address:
            raise InvalidParameter(
                "the container-wide MAC address must match the endpoint-specific MAC address for the main network, "
                "or be left empty"
            )
    return "The container-wide MacAddress field is now deprecated. It should be specified in EndpointsConfig instead."


def _main_endpoint(mode: str, endpoints: dict[str, Body], version: Version) -> Body:
    if not endpoints:
        return endpoints.setdefault(mode, {})
    if version < (1, 44):
        return next(iter(endpoints.values()))
    if mode not in endpoints:
        raise InvalidParameter(
            "unable to migrate container-wide MAC address to a specific network: "
            "HostConfig.NetworkMode must match the identity of a network in NetworkSettings.Networks"
        )
    return endpoints[mode]


def _volume_driver(host_config: Body, version: Version) -> str:
    if not host_config.get("VolumeDriver") or version < (1, 48):
        return ""
    for mount in host_config.get("Mounts", ()):
        if mount.get("Type") == "volume" and not mount.get("VolumeOptions", {}).get("DriverConfig", {}).get("Name"):
            return (
                "WARNING: the container-wide volume-driver configuration is ignored for volumes specified via 'mount'. "
                "Use '--mount type=volume,volume-driver=...' instead"
            )
    return ""


def _empty_port_bindings(host_config: Body, version: Version) -> str:
    """An empty list of bindings means one binding that leaves everything to the daemon."""
    bindings = host_config.get("PortBindings", {})
    empty = [port for port, of_port in bindings.items() if not of_port]
    for port in empty:
        bindings[port] = [{}]
    if not empty or version < (1, 52):
        return ""
    return (
        f"Following container port(s) have an empty list of port-bindings: {', '.join(empty)}. "
        "Such bindings will be discarded in a future version."
    )
