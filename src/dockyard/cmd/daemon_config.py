"""From dockyardd's arguments and daemon.json to one checked DaemonConfig, or to the text that answers the call.

command line ──► Parsed ─┐
daemon.json ─► values ───┴─► refuse what isn't supported ─► check ─► DaemonConfig
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dockyard import __version__
from dockyard.cli.flags.parse import parse
from dockyard.cli.flags.spec import Parsed
from dockyard.cli.flags.usage import flag_usages
from dockyard.cmd.daemon_checks import check
from dockyard.cmd.daemon_file import parse_file
from dockyard.cmd.daemon_flags import DEFAULT_CONFIG_FILE, DOCKER_CONFIG_FILE, FLAGS, SUPPORTED, UNSUPPORTED
from dockyard.cmd.daemon_values import network_options, with_port
from dockyard.cmd.registry_values import split_mirrors
from dockyard.engine.config import DEFAULT_HOST, DaemonConfig, UlimitDefault
from dockyard.errors import InvalidParameter

DEFAULT_TCP_PORT = 2375
DEFAULT_TLS_PORT = 2376
VERSION_LINE = f"Docker version {__version__}, build dockyard"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What dockyardd was asked: to run with `config`, or, when `answer` isn't None, to print that and end with 0."""

    config: DaemonConfig
    answer: str | None = None


def read_file(path: str) -> bytes | None:
    """The content of the file, or None where there is none; other failures are InvalidParameter."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidParameter(f"open {path}: {(error.strerror or '').lower()}") from error


def invocation(
    arguments: Sequence[str],
    *,
    width: int = 80,
    read: Callable[[str], bytes | None] = read_file,
    environment: Mapping[str, str] | None = None,
) -> Invocation:
    """What the command line `arguments` (without the program's name) ask for.

    `read` gives the content of daemon.json; `environment` may name proxies. Call it again after SIGHUP to read that
    file once more.
    Raises InvalidParameter with the message that belongs on stderr; the exit code is then 1, as dockerd's.
    """
    given = parse(FLAGS, arguments)
    if given.help:
        return Invocation(DaemonConfig(), _help(width))
    if given["version"]:
        return Invocation(DaemonConfig(), VERSION_LINE)
    if given.arguments:
        raise InvalidParameter('"dockyardd" accepts no arguments.')
    path, data = _config_file(given, read)
    try:
        from_file = parse_file(data, given) if data is not None else {}
        values = {**given.values, **from_file}
        values["add-runtime"] = _both(given, values)
        _refuse_unsupported(values)
        config = _build(values, {*given.changed, *from_file}, path, environment or {})
        check(config)
    except InvalidParameter as error:
        if data is None:
            raise
        raise InvalidParameter(f"unable to configure the Docker daemon with file {path}: {error}") from error
    return Invocation(config, "configuration OK" if given["validate"] else None)


def _config_file(given: Parsed, read: Callable[[str], bytes | None]) -> tuple[str, bytes | None]:
    path: str = given["config-file"]
    if "config-file" in given.changed:
        data = read(path)
        if data is None:
            raise InvalidParameter(
                f"unable to configure the Docker daemon with file {path}: open {path}: no such file or directory"
            )
        return path, data
    for candidate in (DEFAULT_CONFIG_FILE, DOCKER_CONFIG_FILE):
        data = read(candidate)
        if data is not None:
            return candidate, data
    return path, None


def _both(given: Parsed, values: dict[str, Any]) -> list[Any]:
    """Runtimes are the one option that may stand in both places: the file's are added to the flags'."""
    from_file = values["add-runtime"] if values["add-runtime"] is not given["add-runtime"] else []
    return [*given["add-runtime"], *from_file]


def _refuse_unsupported(values: dict[str, Any]) -> None:
    for flag in UNSUPPORTED:
        value = values[flag.name]
        off = flag.default if not flag.kind.many else []
        if value in (None, "", off) or (flag.name, value) in _HARMLESS:
            continue
        if flag.name == "feature" and all(on == "false" or name == "buildkit" for name, on in value):
            continue
        raise InvalidParameter(f"--{flag.name} ({flag.usage.lower()}) is not supported by Dockyard yet")
    for option in values["exec-opt"]:
        if option != "native.cgroupdriver=cgroupfs":
            raise InvalidParameter(
                f"--exec-opt {option} is not supported by Dockyard yet: its cgroup driver is cgroupfs"
            )


_HARMLESS = (("firewall-backend", "nftables"), ("raw-logs", True))
"""What asks for nothing but what Dockyard does anyway."""


def _build(values: dict[str, Any], given: Collection[str], path: str, environment: Mapping[str, str]) -> DaemonConfig:
    """The value; `given` are the names of flags that the command line or the file has."""
    warnings = []
    if values["containerd"]:
        warnings.append(f"--containerd={values['containerd']} isn't used: Dockyard's supervisor does containerd's work")
    verified: bool = values["tlsverify"]
    tls: bool = verified or values["tls"]
    mirrors, mirrors_of = split_mirrors(values["registry-mirror"])
    hosts = tuple(with_port(host, DEFAULT_TLS_PORT if tls else DEFAULT_TCP_PORT) for host in values["host"])
    return DaemonConfig(
        hosts=tuple(dict.fromkeys(hosts)) or (DEFAULT_HOST,),
        data_root=values["data-root"],
        exec_root=values["exec-root"],
        pidfile=values["pidfile"],
        group=values["group"],
        group_given=values["group"] != "docker" or "group" in given,
        tls=tls,
        tls_verify=verified,
        tls_ca_cert=values["tlscacert"] or "",
        tls_cert=values["tlscert"] or "",
        tls_key=values["tlskey"] or "",
        plain_tcp_wanted=not tls and not {"tls", "tlsverify"}.isdisjoint(given),
        config_file=path,
        debug=values["debug"],
        log_level="debug" if values["debug"] else values["log-level"],
        labels=tuple(dict.fromkeys(values["label"])),
        experimental=values["experimental"],
        live_restore=values["live-restore"],
        shutdown_timeout=values["shutdown-timeout"],
        bridge=values["bridge"] or None,
        bip=values["bip"] or None,
        fixed_cidr=values["fixed-cidr"] or None,
        default_gateway=values["default-gateway"] or None,
        ipv6=values["ipv6"],
        bip6=values["bip6"] or None,
        fixed_cidr_v6=values["fixed-cidr-v6"] or None,
        default_gateway_v6=values["default-gateway-v6"] or None,
        ip6tables=values["ip6tables"],
        allow_direct_routing=values["allow-direct-routing"],
        default_network_options=network_options(values["default-network-opt"]),
        mtu=values["mtu"],
        icc=values["icc"],
        ip=values["ip"],
        iptables=values["iptables"],
        ip_forward=values["ip-forward"],
        ip_masq=values["ip-masq"],
        userland_proxy=values["userland-proxy"],
        overlay_address=values["overlay-address"] or "",
        overlay_peers=tuple(dict.fromkeys(values["overlay-peer"])),
        default_address_pools=tuple(values["default-address-pool"]),
        host_gateway_ips=(values["host-gateway-ip"],) if values["host-gateway-ip"] else (),
        dns=tuple(values["dns"]),
        dns_options=tuple(values["dns-opt"]),
        dns_search=tuple(values["dns-search"]),
        storage_driver=values["storage-driver"] or None,
        registry_mirrors=mirrors,
        mirrors_of=mirrors_of,
        http_proxy=_proxy("http-proxy", values, environment),
        https_proxy=_proxy("https-proxy", values, environment),
        no_proxy=_proxy("no-proxy", values, environment),
        insecure_registries=tuple(dict.fromkeys(values["insecure-registry"])),
        max_concurrent_downloads=values["max-concurrent-downloads"],
        max_concurrent_uploads=values["max-concurrent-uploads"],
        max_download_attempts=values["max-download-attempts"],
        runtimes=dict(values["add-runtime"]),
        default_runtime=values["default-runtime"],
        log_driver=values["log-driver"],
        log_options=dict(values["log-opt"]),
        default_ulimits=tuple(UlimitDefault(*limit) for limit in values["default-ulimit"]),
        default_shm_size=values["default-shm-size"],
        default_ipc_mode=values["default-ipc-mode"],
        default_cgroupns_mode=values["default-cgroupns-mode"] or None,
        cgroup_parent=values["cgroup-parent"] or None,
        init=values["init"],
        init_path=values["init-path"] or None,
        no_new_privileges=values["no-new-privileges"],
        seccomp_profile=values["seccomp-profile"] or None,
        userns_remap=values["userns-remap"] or "",
        selinux_enabled=values["selinux-enabled"],
        restart_unhealthy=values["restart-unhealthy"],
        pull_referrers=values["pull-referrers"],
        buildkit=dict(values["feature"] or ()).get("buildkit", "true") != "false",
        buildkit_host=values["buildkit-host"] or "",
        discard_unpacked_layers=values["discard-unpacked-layers"],
        warnings=tuple(warnings),
    )


def _proxy(flag: str, values: dict[str, Any], environment: Mapping[str, str]) -> str:
    """A proxy's setting: the flag's, else the environment's, in capitals first, as Go's programs read it."""
    variable = flag.replace("-", "_")
    return values[flag] or environment.get(variable.upper()) or environment.get(variable) or ""


def _help(width: int) -> str:
    return (
        "\nUsage:  dockyardd [OPTIONS]\n\nThe daemon of Dockyard, with the flags and the API of Docker's.\n\nOptions:\n"
        + flag_usages(SUPPORTED, width - 1)
        + "      --help  Print this text and end\n\nFlags of dockerd that Dockyard refuses for now: "
        + ", ".join(f"--{flag.name}" for flag in UNSUPPORTED)
    )
