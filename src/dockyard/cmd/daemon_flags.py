"""The table of dockerd's flags, which dockyardd has too, with the key that each has in daemon.json.

Every flag of dockerd stands here, so that each is either honoured or refused by name. Those of UNSUPPORTED are
refused when they ask for something; with the value that they have anyway (`--ipv6=false`) they pass.
`cmd/daemon_config.py` makes the configuration out of what was given.
"""

from typing import Final

from dockyard.cli.flags.kinds import BOOL, BYTES, INT, IP, LIST, STRING
from dockyard.cli.flags.spec import Flag
from dockyard.cli.flags.ulimit import ULIMIT
from dockyard.cmd.daemon_values import HOST, LABEL, MAP, POOL, RUNTIME
from dockyard.cmd.registry_values import INSECURE, MIRROR, PROXY
from dockyard.engine.config import BUILT_IN_RUNTIME, DEFAULT_DATA_ROOT, DEFAULT_EXEC_ROOT, DEFAULT_PIDFILE

DEFAULT_CONFIG_FILE: Final = "/etc/dockyard/daemon.json"
DOCKER_CONFIG_FILE: Final = "/etc/docker/daemon.json"
"""Read where DEFAULT_CONFIG_FILE doesn't exist, so that a machine that had Docker keeps its settings."""

SUPPORTED: Final = (
    Flag("add-runtime", "", RUNTIME, "Register another OCI runtime: name=path"),
    Flag("allow-direct-routing", "", BOOL, "Let other hosts reach addresses of containers"),
    Flag("bip", "", STRING, "Address and prefix length of the bridge"),
    Flag("bip6", "", STRING, "IPv6 address of the bridge"),
    Flag("bridge", "b", STRING, 'Bridge that containers are attached to; "none" is without network'),
    Flag("cgroup-parent", "", STRING, "Parent cgroup of all containers"),
    Flag("config-file", "", STRING, "Configuration file of the daemon", default=DEFAULT_CONFIG_FILE),
    Flag("containerd", "", STRING, "Taken for compatibility: the supervisor does containerd's work"),
    Flag("data-root", "", STRING, "Directory of what persists", default=DEFAULT_DATA_ROOT),
    Flag("debug", "D", BOOL, "Log for debugging"),
    Flag("default-address-pool", "", POOL, "Where networks get their subnets: base=CIDR,size=LENGTH"),
    Flag("default-cgroupns-mode", "", STRING, "Cgroup namespace of containers: host or private"),
    Flag("default-gateway", "", IP, "IPv4 gateway of containers"),
    Flag("default-gateway-v6", "", IP, "IPv6 gateway of containers"),
    Flag("default-ipc-mode", "", STRING, "IPC namespace of containers: shareable or private", default="private"),
    Flag("default-network-opt", "", MAP, "Options of new networks: driver=option=value"),
    Flag("default-runtime", "", STRING, "OCI runtime of containers", default=BUILT_IN_RUNTIME),
    Flag("default-shm-size", "", BYTES, "Size of /dev/shm", default=64 << 20),
    Flag("default-ulimit", "", ULIMIT, "Resource limits of containers"),
    Flag("buildkit-host", "", STRING, "Serve BuildKit's API alone on this socket, too: unix:///path (not in dockerd)"),
    Flag("discard-unpacked-layers", "", BOOL, "Keep no compressed layers beside the unpacked ones (not in dockerd)"),
    Flag("dns", "", LIST, "DNS servers of containers"),
    Flag("dns-opt", "", LIST, "DNS options of containers"),
    Flag("dns-search", "", LIST, "DNS search domains of containers"),
    Flag("exec-opt", "", LIST, "Options of the runtime: native.cgroupdriver=cgroupfs"),
    Flag("exec-root", "", STRING, "Directory of what lives until the next boot", default=DEFAULT_EXEC_ROOT),
    Flag("fixed-cidr", "", STRING, "Part of the bridge's subnet that containers get"),
    Flag("fixed-cidr-v6", "", STRING, "IPv6 subnet of containers"),
    Flag("experimental", "", BOOL, "Turn on experimental features"),
    Flag("group", "G", STRING, "Group that owns the unix socket", default="docker"),
    Flag("host", "H", HOST, "Where the API listens; ?scope=read-only, ?scope=events or ?label=key=value limits it"),
    Flag("host-gateway-ip", "", IP, "Address that host-gateway stands for in --add-host"),
    Flag("http-proxy", "", PROXY, "Proxy for the daemon's requests of HTTP"),
    Flag("https-proxy", "", PROXY, "Proxy for the daemon's requests of HTTPS"),
    Flag("icc", "", BOOL, "Let containers reach each other", default=True),
    Flag("init", "", BOOL, "Run an init in containers, which forwards signals and reaps"),
    Flag("init-path", "", STRING, "Program of that init"),
    Flag("insecure-registry", "", INSECURE, "Registries that may be spoken to without TLS"),
    Flag("ip", "", IP, "Address at which ports are published", default="0.0.0.0"),
    Flag("ip-forward", "", BOOL, "Turn on net.ipv4.ip_forward", default=True),
    Flag("ip-masq", "", BOOL, "Masquerade addresses of containers", default=True),
    Flag("ip6tables", "", BOOL, "Add IPv6 firewall rules", default=True),
    Flag("iptables", "", BOOL, "Add firewall rules", default=True),
    Flag("ipv6", "", BOOL, "Turn on IPv6"),
    Flag("label", "", LABEL, "Labels of the daemon: key=value"),
    Flag("live-restore", "", BOOL, "Leave containers alone when the daemon ends", default=True),
    Flag("log-driver", "", STRING, "Log driver of containers", default="json-file"),
    Flag("log-level", "l", STRING, "Least level that is logged: debug, info, warn, error, fatal", default="info"),
    Flag("log-opt", "", MAP, "Options of the log driver: key=value"),
    Flag("max-concurrent-downloads", "", INT, "Downloads at once, of a pull", default=3),
    Flag("max-concurrent-uploads", "", INT, "Uploads at once, of a push", default=5),
    Flag("max-download-attempts", "", INT, "Tries of a download", default=5),
    Flag("mtu", "", INT, "MTU of container networks", default=0),
    Flag("no-new-privileges", "", BOOL, "Set no-new-privileges for containers"),
    Flag("no-proxy", "", STRING, "Hosts that are reached without proxy"),
    Flag("overlay-address", "", IP, "Address of this host for overlay networks without a swarm (not in dockerd)"),
    Flag("overlay-peer", "", LIST, "Addresses of the other hosts of overlay networks (not in dockerd)"),
    Flag("pidfile", "p", STRING, "File for the daemon's process id", default=DEFAULT_PIDFILE),
    Flag("pull-referrers", "", BOOL, "Pull signatures and SBOMs with their images (not in dockerd)"),
    Flag("registry-mirror", "", MIRROR, "Mirrors: URLs for Docker Hub, registry=URL for another registry"),
    Flag("restart-unhealthy", "", BOOL, "Restart containers whose health check fails (not in dockerd)"),
    Flag("seccomp-profile", "", STRING, "Seccomp profile of containers: a file, or unconfined"),
    Flag("selinux-enabled", "", BOOL, "Give containers SELinux labels"),
    Flag("shutdown-timeout", "", INT, "Seconds that containers get to stop when the daemon ends", default=15),
    Flag("storage-driver", "s", STRING, "Storage driver: overlay2 or vfs"),
    Flag("tls", "", BOOL, "Use TLS with clients of TCP"),
    Flag("tlscacert", "", STRING, "Certificate authority whose clients are trusted, with --tlsverify"),
    Flag("tlscert", "", STRING, "The daemon's certificate"),
    Flag("tlskey", "", STRING, "Key of that certificate"),
    Flag("tlsverify", "", BOOL, "Use TLS, and only with clients that have a certificate"),
    Flag("userland-proxy", "", BOOL, "Publish ports on loopback addresses", default=True),
    Flag("userns-remap", "", STRING, "User, or user:group, whose subordinate ids containers have; default: dockremap"),
    Flag("validate", "", BOOL, "Check the configuration and end"),
    Flag("version", "v", BOOL, "Print the version and end"),
)

UNSUPPORTED: Final = (
    Flag("allow-nondistributable-artifacts", "", LIST, "Push layers that may not be distributed"),
    Flag("api-cors-header", "", STRING, "CORS headers of the API"),
    Flag("authorization-plugin", "", LIST, "Authorization plugins"),
    Flag("bridge-accept-fwmark", "", STRING, "Accept packets with this mark"),
    Flag("cdi-spec-dir", "", LIST, "Directories of CDI specifications"),
    Flag("containerd-namespace", "", STRING, "Namespace in containerd"),
    Flag("containerd-plugins-namespace", "", STRING, "Namespace for plugins in containerd"),
    Flag("cpu-rt-period", "", INT, "Real-time period of the parent cgroup", default=0),
    Flag("cpu-rt-runtime", "", INT, "Real-time share of the parent cgroup", default=0),
    Flag("cri-containerd", "", BOOL, "Start containerd with CRI"),
    Flag("feature", "", MAP, "Features to turn on"),
    Flag("firewall-backend", "", STRING, "What firewall rules are made with"),
    Flag("log-format", "", STRING, "Format of the daemon's log", default="text"),
    Flag("metrics-addr", "", STRING, "Where metrics are served"),
    Flag("network-control-plane-mtu", "", INT, "MTU of the control plane", default=1500),
    Flag("network-diagnostic-port", "", INT, "Port of network diagnosis", default=0),
    Flag("node-generic-resource", "", LIST, "Resources that the node advertises"),
    Flag("oom-score-adjust", "", INT, "OOM score of the daemon", default=0),
    Flag("raw-logs", "", BOOL, "Log without colours"),
    Flag("rootless", "", BOOL, "Run without root"),
    Flag("storage-opt", "", LIST, "Options of the storage driver"),
    Flag("swarm-default-advertise-addr", "", STRING, "Address for swarm"),
    Flag("userland-proxy-path", "", STRING, "Program of the userland proxy"),
)

FLAGS: Final = SUPPORTED + UNSUPPORTED

FILE_KEYS: Final = {
    "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins",
    "cdi-spec-dir": "cdi-spec-dirs",
    "default-address-pool": "default-address-pools",
    "default-network-opt": "default-network-opts",
    "default-ulimit": "default-ulimits",
    "dns-opt": "dns-opts",
    "exec-opt": "exec-opts",
    "feature": "features",
    "host": "hosts",
    "host-gateway-ip": "host-gateway-ips",
    "insecure-registry": "insecure-registries",
    "label": "labels",
    "log-opt": "log-opts",
    "node-generic-resource": "node-generic-resources",
    "overlay-peer": "overlay-peers",
    "registry-mirror": "registry-mirrors",
    "storage-opt": "storage-opts",
}
"""daemon.json's key for the flags whose key isn't their own name: things that may be given several times, mostly."""

NOT_IN_FILE: Final = ("config-file", "validate", "version")
