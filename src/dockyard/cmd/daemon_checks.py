"""What a daemon's configuration may not say: checks over several fields, and values that are words."""

import ipaddress

from dockyard.cli.flags.kinds import is_address
from dockyard.engine.config import BUILT_IN_RUNTIME, DaemonConfig
from dockyard.errors import InvalidParameter, NotImplementedYet
from dockyard.logdrivers.drivers import check_options


def check(config: DaemonConfig) -> None:
    """Raises InvalidParameter with Docker's message for the first thing that is wrong."""
    _check_words(config)
    _check_hosts(config)
    _check_numbers(config)
    _check_labels(config)
    _check_network(config)
    _check_runtimes(config)
    _check_log(config)


def _check_words(config: DaemonConfig) -> None:
    if config.log_level not in ("debug", "info", "warn", "error", "fatal"):
        raise InvalidParameter(f"invalid logging level: {config.log_level}")
    if config.default_ipc_mode not in ("private", "shareable"):
        raise InvalidParameter(f'IPC mode "{config.default_ipc_mode}" is not supported')
    if config.default_cgroupns_mode not in (None, "host", "private"):
        raise InvalidParameter(
            f'default cgroup namespace mode ({config.default_cgroupns_mode}) is invalid; use "host" or "private"'
        )
    if config.storage_driver not in (None, "overlay2", "vfs"):
        raise InvalidParameter(
            f"--storage-driver {config.storage_driver} is not supported by Dockyard: it has overlay2 and vfs"
        )
    for name, path in (("data-root", config.data_root), ("exec-root", config.exec_root)):
        if not path or "\0" in path:
            raise InvalidParameter(f"--{name}: not a path: {path!r}")
    if config.data_root == config.exec_root:
        raise InvalidParameter(f"--data-root and --exec-root are the same directory: {config.data_root}")


def _check_hosts(config: DaemonConfig) -> None:
    if config.tls and not (config.tls_cert and config.tls_key):
        raise InvalidParameter("invalid TLS configuration: TLS needs --tlscert and --tlskey")
    if config.tls_verify and not config.tls_ca_cert:
        raise InvalidParameter("invalid TLS configuration: --tlsverify needs --tlscacert")
    for address in config.hosts:
        if not config.tls and not config.plain_tcp_wanted and is_tcp(address) and not is_loopback(address):
            raise InvalidParameter(
                f"refusing to listen on {address} without TLS: it would give root access on this machine to everyone "
                "who has access to the network. Use --tlsverify, or insist on it with --tls=false"
            )


def is_tcp(address: str) -> bool:
    """Whether the host `address` is one of TCP."""
    return address.startswith("tcp://")


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches the TCP host `address`. A name other than localhost may mean anything."""
    name = address.partition("?")[0].removeprefix("tcp://").rpartition(":")[0].strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _check_numbers(config: DaemonConfig) -> None:
    if config.max_concurrent_downloads < 0:
        raise InvalidParameter(f"invalid max concurrent downloads: {config.max_concurrent_downloads}")
    if config.max_concurrent_uploads < 0:
        raise InvalidParameter(f"invalid max concurrent uploads: {config.max_concurrent_uploads}")
    if config.max_download_attempts <= 0:
        raise InvalidParameter(f"invalid max download attempts: {config.max_download_attempts}")
    if config.mtu < 0 or config.mtu > 65535:
        raise InvalidParameter(f"invalid default MTU: {config.mtu}")
    if config.default_shm_size <= 0:
        raise InvalidParameter(f"invalid default shm size: {config.default_shm_size}")


def _check_labels(config: DaemonConfig) -> None:
    values: dict[str, str] = {}
    for label in config.labels:
        key, _, value = label.partition("=")
        if values.setdefault(key, value) != value:
            raise InvalidParameter(f"conflict labels for {key}={value} and {key}={values[key]}")


def _check_network(config: DaemonConfig) -> None:
    for server in config.dns:
        if not is_address(server):
            raise InvalidParameter(f"invalid DNS address: {server}" if server else "invalid DNS address: empty")
    if config.bridge is not None and config.bip is not None:
        raise InvalidParameter("You specified -b & --bip, mutually exclusive options. Please specify only one")
    if config.bridge is not None and (len(config.bridge) > 15 or "/" in config.bridge or config.bridge in (".", "..")):
        raise InvalidParameter(f"invalid bridge name: {config.bridge}")
    if config.bip is not None:
        try:
            network = ipaddress.ip_interface(config.bip)
        except ValueError:
            raise InvalidParameter(f"invalid CIDR address: {config.bip}") from None
        if "/" not in config.bip or network.version != 4 or network.ip == network.network.network_address:
            raise InvalidParameter(f"invalid CIDR address: {config.bip}")
    _check_bridge_addresses(config)
    _check_overlay_addresses(config)
    if not config.iptables and not config.icc:
        raise InvalidParameter(
            "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. "
            "Please set --icc or --iptables to true"
        )


def _check_bridge_addresses(config: DaemonConfig) -> None:
    for text, version in ((config.fixed_cidr, 4), (config.fixed_cidr_v6, 6), (config.bip6, 6)):
        if text is None:
            continue
        try:
            interface = ipaddress.ip_interface(text)
        except ValueError:
            raise InvalidParameter(f"invalid CIDR address: {text}") from None
        if "/" not in text or interface.version != version:
            raise InvalidParameter(f"invalid CIDR address: {text}")
    if not config.ipv6 and (config.bip6 or config.fixed_cidr_v6 or config.default_gateway_v6):
        raise InvalidParameter("IPv6 addresses of the default bridge need --ipv6")


def _check_overlay_addresses(config: DaemonConfig) -> None:
    if config.overlay_peers and not config.overlay_address:
        raise InvalidParameter("--overlay-peer needs --overlay-address: the address of this host")
    for peer in config.overlay_peers:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            raise InvalidParameter(f"invalid address of an overlay peer: {peer}") from None
        if address.version != ipaddress.ip_address(config.overlay_address).version:
            raise InvalidParameter(f"overlay peer {peer} and --overlay-address must be of one IP version")
        if address.is_multicast or address.is_unspecified or str(address) == config.overlay_address:
            raise InvalidParameter(f"invalid address of an overlay peer: {peer}")


def _check_runtimes(config: DaemonConfig) -> None:
    if BUILT_IN_RUNTIME in config.runtimes:
        raise InvalidParameter(f"runtime name '{BUILT_IN_RUNTIME}' is reserved")
    if config.default_runtime != BUILT_IN_RUNTIME and config.default_runtime not in config.runtimes:
        raise InvalidParameter(f"specified default runtime '{config.default_runtime}' does not exist")


def _check_log(config: DaemonConfig) -> None:
    try:
        check_options(config.log_driver, config.log_options)
    except InvalidParameter as error:
        raise InvalidParameter(f"failed to set log opts: {error}" if config.log_options else str(error)) from error
    except NotImplementedYet as error:
        raise InvalidParameter(str(error)) from error
