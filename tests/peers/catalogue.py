"""Which packages a peer consists of, and the programs that must be there once it is unpacked."""

from typing import NamedTuple


class Peer(NamedTuple):
    """A peer: packages of the machine's distribution, and the programs that they must give.

    With `suite` they are packages of that
    suite of Debian; where that isn't the machine's own, they come without what they depend on, but for the packages
    `own` of the machine's, and the programs of the peers named in `beside` serve them, too. A peer that is `anywhere`
    is what a distribution that isn't Debian calls by these names.
    """

    packages: tuple[str, ...]
    programs: tuple[str, ...]
    suite: str = ""
    own: tuple[str, ...] = ()
    anywhere: bool = False
    beside: tuple[str, ...] = ()


PEERS: dict[str, Peer] = {
    # Debian 12's 20.10, on Debian 13, too; Ubuntu has one of its own, with the client in it.
    "docker": Peer(
        ("docker.io", "containerd"),
        ("dockerd", "docker", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "tini", "iptables"),
        suite="bookworm",
        own=("runc", "tini", "iptables", "libdevmapper1.02.1"),
        anywhere=True,
    ),
    # Debian 13's, also on Debian 12: its programs need nothing but libc and libsystemd.
    "docker-26": Peer(
        ("docker.io", "docker-cli", "containerd", "tini"),
        ("dockerd", "docker", "containerd", "containerd-shim-runc-v2", "ctr", "docker-init"),
        suite="trixie",
        beside=("docker",),
    ),
    "buildx": Peer(("docker-buildx", "docker-compose"), ("docker-buildx", "docker-compose"), suite="trixie"),
    "runc": Peer(("runc",), ("runc",)),
    "skopeo": Peer(("skopeo",), ("skopeo",)),
    "umoci": Peer(("umoci",), ("umoci",)),
    # patchelf: podman runs itself again without our environment, so its libraries must be found from its own place
    # netavark: Debian 13's starts no command without it, not even one that needs no network
    "podman": Peer(
        ("podman", "conmon", "runc", "tini", "patchelf", "netavark"), ("podman", "conmon", "runc", "tini", "patchelf")
    ),
    "docker-registry": Peer(("docker-registry", "apache2-utils"), ("docker-registry", "htpasswd")),
    "dropbear": Peer(("dropbear-bin",), ("dropbear", "dropbearkey")),
    "tinyproxy": Peer(("tinyproxy-bin",), ("tinyproxy",)),
    "busybox": Peer(("busybox-static",), ("busybox",)),
    "iperf3": Peer(("iperf3",), ("iperf3",)),
    "dig": Peer(("bind9-dnsutils",), ("dig",)),
    "debootstrap": Peer(("debootstrap",), ("debootstrap",)),
    # firewalls of the host
    "ufw": Peer(("ufw", "iptables"), ("ufw", "iptables")),
    "firewalld": Peer(("firewalld", "dbus-daemon"), ("firewalld", "firewall-cmd", "dbus-daemon")),
    # receivers of log drivers
    "rsyslog": Peer(("rsyslog", "rsyslog-openssl"), ("rsyslogd",)),
    "journald": Peer(("systemd",), ("journalctl",)),
}
