"""dockyardd's command line and daemon.json: honoured or refused, never ignored."""

import json
from pathlib import Path

import pytest

from dockyard.cmd.daemon_config import Invocation, invocation
from dockyard.cmd.daemon_flags import FLAGS, UNSUPPORTED
from dockyard.engine.config import AddressPool, DaemonConfig, RuntimeCommand, UlimitDefault
from dockyard.errors import InvalidParameter

DATA = Path(__file__).parents[2] / "data"


def run(*arguments: str, file: object = None, path: str = "/etc/dockyard/daemon.json") -> Invocation:
    def read(asked: str) -> bytes | None:
        if file is None or asked != path:
            return None
        return file if isinstance(file, bytes) else json.dumps(file).encode()

    return invocation(arguments, read=read)


def refusal(*arguments: str, file: object = None) -> str:
    with pytest.raises(InvalidParameter) as caught:
        run(*arguments, file=file)
    return str(caught.value)


def test_without_arguments_everything_has_its_default() -> None:
    assert run() == Invocation(DaemonConfig())


@pytest.mark.row("A15")
@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_version(flag: str) -> None:
    answer = run(flag).answer
    assert answer is not None
    words = answer.split()
    assert words[:2] == ["Docker", "version"]
    assert words[2].endswith(",")
    assert words[3] == "build"
    assert len(words) == 5


def test_flags_of_a_typical_script() -> None:
    config = run(
        "-H",
        "unix:///tmp/a.sock",
        "-H",
        "tcp://127.0.0.1:2375",
        "--data-root=/tmp/d",
        "--exec-root",
        "/tmp/e",
        "-p",
        "/tmp/pid",
        "-b",
        "br0",
        "--mtu=1400",
        "--icc=false",
        "--ip",
        "127.0.0.1",
        "--dns",
        "1.1.1.1",
        "--dns-opt",
        "ndots:2",
        "--dns-search",
        "a.b",
        "--registry-mirror",
        "http://m:5000",
        "--insecure-registry",
        "r:5000",
        "--add-runtime",
        "custom=/x/y",
        "--default-runtime",
        "custom",
        "-s",
        "vfs",
        "--log-opt",
        "max-size=1m",
        "--label",
        "a=b",
        "-D",
        "-G",
        "wheel",
        "--live-restore=false",
        "--default-ulimit",
        "nofile=1:2",
        "--default-shm-size",
        "128m",
        "--default-address-pool",
        "base=10.9.0.0/16,size=24",
        "--userland-proxy=false",
        "--cgroup-parent",
        "/p",
        "--no-new-privileges",
        "--exec-opt",
        "native.cgroupdriver=cgroupfs",
    ).config
    assert config.hosts == ("unix:///tmp/a.sock", "tcp://127.0.0.1:2375")
    assert (config.data_root, config.exec_root, config.pidfile) == ("/tmp/d", "/tmp/e", "/tmp/pid")
    assert (config.bridge, config.mtu, config.icc, config.ip) == ("br0", 1400, False, "127.0.0.1")
    assert (config.dns, config.dns_options, config.dns_search) == (("1.1.1.1",), ("ndots:2",), ("a.b",))
    assert config.registry_mirrors == ("http://m:5000/",)
    assert config.insecure_registries == ("r:5000",)
    assert config.runtimes == {"custom": RuntimeCommand("/x/y")}
    assert (config.default_runtime, config.storage_driver, config.log_options) == ("custom", "vfs", {"max-size": "1m"})
    assert (config.labels, config.debug, config.log_level) == (("a=b",), True, "debug")
    assert (config.group, config.group_given, config.live_restore) == ("wheel", True, False)
    assert config.default_ulimits == (UlimitDefault("nofile", 1, 2),)
    assert config.default_shm_size == 128 << 20
    assert config.default_address_pools == (AddressPool("10.9.0.0/16", 24),)
    assert (config.userland_proxy, config.cgroup_parent, config.no_new_privileges) == (False, "/p", True)


def test_daemon_json_says_the_same_things() -> None:
    config = run(
        file={
            "hosts": ["unix:///tmp/a.sock"],
            "data-root": "/tmp/d",
            "debug": True,
            "labels": ["a=b"],
            "live-restore": False,
            "registry-mirrors": ["https://m"],
            "insecure-registries": ["10.0.0.0/8"],
            "default-runtime": "custom",
            "runtimes": {"custom": {"path": "/x", "runtimeArgs": ["--v"]}},
            "log-opts": {"max-size": "1m", "max-file": "3"},
            "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 2, "Soft": 1}},
            "default-shm-size": "128M",
            "default-address-pools": [{"base": "10.9.0.0/16", "size": 24}],
            "mtu": 1400,
            "features": {"buildkit": False},
            "proxies": {},
            "icc": False,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
        }
    ).config
    assert config.hosts == ("unix:///tmp/a.sock",)
    assert config.runtimes == {"custom": RuntimeCommand("/x", ("--v",))}
    assert config.default_ulimits == (UlimitDefault("nofile", 1, 2),)
    assert (config.mtu, config.default_shm_size, config.icc) == (1400, 128 << 20, False)
    assert config.log_options == {"max-size": "1m", "max-file": "3"}
    assert config.registry_mirrors == ("https://m/",)


def test_addresses_of_the_default_bridge_and_options_of_networks() -> None:
    flags = run(
        *("--ipv6", "--fixed-cidr-v6=fd00::/64", "--bip6=fd00::9/64", "--default-gateway-v6=fd00::1"),
        *("--bip=10.1.0.1/16", "--fixed-cidr=10.1.4.0/24", "--default-gateway=10.1.0.254", "--allow-direct-routing"),
        *("--ip6tables=false", "--default-network-opt=bridge=a=b=c", "--default-network-opt=bridge=d=e"),
    ).config
    options = {"bridge": {"a": "b=c", "d": "e"}, "macvlan": {"parent": "eth0"}}
    file = run(file={"ipv6": True, "default-network-opts": options}).config
    assert (flags.ipv6, flags.fixed_cidr_v6, flags.bip6, flags.default_gateway_v6) == (
        True,
        "fd00::/64",
        "fd00::9/64",
        "fd00::1",
    )
    assert (flags.fixed_cidr, flags.default_gateway) == ("10.1.4.0/24", "10.1.0.254")
    assert (flags.allow_direct_routing, flags.ip6tables, file.ip6tables) == (True, False, True)
    assert flags.default_network_options == {"bridge": {"a": "b=c", "d": "e"}}
    assert (file.ipv6, file.default_network_options) == (True, options)
    assert refusal("--default-network-opt=bridge=a").endswith("need driver=option=value")
    assert "IPv6 addresses of the default bridge need --ipv6" in refusal("--bip6=fd00::1/64")
    assert "invalid CIDR address: fd00::1" in refusal("--ipv6", "--bip6=fd00::1")


def test_hosts_of_overlay_networks() -> None:
    flags = run("--overlay-address=192.0.2.1", "--overlay-peer=192.0.2.2", "--overlay-peer=192.0.2.3").config
    file = run(file={"overlay-address": "192.0.2.1", "overlay-peers": ["192.0.2.2", "192.0.2.3"]}).config
    assert flags.overlay_address == file.overlay_address == "192.0.2.1"
    assert flags.overlay_peers == file.overlay_peers == ("192.0.2.2", "192.0.2.3")
    assert "--overlay-peer needs --overlay-address" in refusal("--overlay-peer=192.0.2.2")
    for peer in ("192.0.2.1", "host", "224.0.0.1", "0.0.0.0"):
        assert f"invalid address of an overlay peer: {peer}" in refusal(
            "--overlay-address=192.0.2.1", f"--overlay-peer={peer}"
        )
    assert "must be of one IP version" in refusal("--overlay-address=192.0.2.1", "--overlay-peer=fd00::2")


def test_dockers_file_is_read_where_ours_is_absent() -> None:
    found = run(file={"debug": True}, path="/etc/docker/daemon.json").config
    assert (found.debug, found.config_file) == (True, "/etc/docker/daemon.json")


def test_a_file_asked_for_must_exist() -> None:
    expected = "unable to configure the Docker daemon with file /no: open /no: no such file or directory"
    assert refusal("--config-file", "/no") == expected


def test_validate() -> None:
    assert run("--validate", file={"debug": True}).answer == "configuration OK"
    assert "don't match any configuration option: nope" in refusal("--validate", file={"nope": 1})


HOST = 'invalid argument "{0}" for "-H, --host" flag: invalid bind address ({0}): '
MUTUALLY = "You specified -b & --bip, mutually exclusive options. Please specify only one"
NOT_YET = " is not supported by Dockyard yet"
BOTH = "the following directives are specified both as a flag and in the configuration file: "
PREFIX = "unable to configure the Docker daemon with file /etc/dockyard/daemon.json: "


@pytest.mark.parametrize(
    ("arguments", "file", "message"),
    [
        (
            [],
            {"nope": 1, "debug": True, "foo": 2},
            "the following directives don't match any configuration option: nope, foo",
        ),
        (["--label", "a=b"], {"labels": ["c=d"]}, BOTH + "labels: (from flag: [a=b], from file: [c=d])"),
        (["-D"], {"debug": False}, BOTH + "debug: (from flag: true, from file: false)"),
        ([], {"debug": "yes"}, "json: cannot unmarshal string into key debug of type bool"),
        ([], {"mtu": True}, "json: cannot unmarshal bool into key mtu of type int"),
        ([], {"labels": "a=b"}, "json: cannot unmarshal string into key labels of type array"),
        ([], {"runtimes": {"x": {}}}, "runtimes.x: either path or runtimeType must be configured; Dockyard needs path"),
        ([], {"features": {"containerd-snapshotter": True}}, "--feature (features to turn on)" + NOT_YET),
        (
            [],
            {"proxies": {"http-proxy": "socks5://p"}},
            "http-proxy: a proxy of socks5 is not supported: use http or https",
        ),
        (
            [],
            {"registry-mirrors": {"-": ["http://x"]}},
            'registry-mirrors: invalid mirror: "-" is not the name of a registry',
        ),
        ([], [], "json: cannot unmarshal array into configuration of type object"),
        (
            [],
            {"registry-mirrors": ["ftp://x"]},
            'registry-mirrors: invalid mirror: unsupported scheme "ftp" in "ftp://x"',
        ),
    ],
)
def test_file_refused(arguments: list[str], file: object, message: str) -> None:
    assert refusal(*arguments, file=file) == PREFIX + message


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 100_000, b'{"a"}'])
def test_file_that_is_not_json(data: bytes) -> None:
    assert refusal(file=data).startswith(PREFIX)


def test_an_empty_file_says_nothing() -> None:
    assert run(file=b"\xef\xbb\xbf \n").config == DaemonConfig()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x"], '"dockyardd" accepts no arguments.'),
        (["--nope"], "unknown flag: --nope"),
        (["-l", "loud"], "invalid logging level: loud"),
        (["--default-runtime", "x"], "specified default runtime 'x' does not exist"),
        (["--add-runtime", "runc=/x"], "runtime name 'runc' is reserved"),
        (["--add-runtime", "x"], 'invalid argument "x" for "--add-runtime" flag: invalid runtime argument: x'),
        (["--label", "x"], 'invalid argument "x" for "--label" flag: bad attribute format: x'),
        (["--label", "a=1", "--label", "a=2"], "conflict labels for a=2 and a=1"),
        (["--max-concurrent-downloads", "-1"], "invalid max concurrent downloads: -1"),
        (["-H", "http://x"], HOST.format("http://x") + "unsupported proto 'http'"),
        (["-H", "tcp://a:99999"], HOST.format("tcp://a:99999") + "invalid port '99999'"),
        (["--default-ipc-mode", "host"], 'IPC mode "host" is not supported'),
        (["--bip", "1.2.3.0/24"], "invalid CIDR address: 1.2.3.0/24"),
        (["--bip", "x"], "invalid CIDR address: x"),
        (["-b", "br0", "--bip", "10.0.0.1/24"], MUTUALLY),
        (["-s", "btrfs"], "--storage-driver btrfs is not supported by Dockyard: it has overlay2 and vfs"),
        (["--log-driver", "nope"], 'error looking up logging plugin nope: plugin "nope" not found'),
        (["--log-opt", "nope=1"], "failed to set log opts: unknown log opt 'nope' for json-file log driver"),
        (["--log-opt", "mode=x"], "failed to set log opts: logger: logging mode not supported: x"),
        (
            ["--log-opt", "max-buffer-size=1m"],
            "failed to set log opts: logger: max-buffer-size option is only supported with 'mode=non-blocking'",
        ),
        (
            ["--exec-opt", "native.cgroupdriver=systemd"],
            "--exec-opt native.cgroupdriver=systemd is not supported by Dockyard yet: its cgroup driver is cgroupfs",
        ),
    ],
)
def test_refused(arguments: list[str], message: str) -> None:
    assert refusal(*arguments) == message


def test_every_unsupported_flag_is_refused_by_name() -> None:
    examples = {"ip": "1.2.3.4", "int": "7", "map": "a=true"}
    for flag in UNSUPPORTED:
        text = "true" if flag.kind.switch else examples.get(flag.kind.label, "x")
        if flag.name == "raw-logs":
            continue
        assert refusal(f"--{flag.name}={text}").startswith(f"--{flag.name} (")


def test_every_flag_of_dockerd_is_known() -> None:
    dockerd = (DATA / "dockerd" / "flags-20.10.txt").read_text().split()
    assert set(dockerd) - {"help"} <= {flag.name for flag in FLAGS}


def test_hosts_are_completed() -> None:
    hosts = [
        run("--tls=false", "-H", text).config.hosts[0]
        for text in ("/a.sock", "unix:///b", ":2376", "tcp://", "tcp://1.2.3.4", "fd://")
    ]
    assert hosts == [
        "unix:///a.sock",
        "unix:///b",
        "tcp://localhost:2376",
        "tcp://localhost:2375",
        "tcp://1.2.3.4:2375",
        "fd://",
    ]


def test_runtimes_of_flag_and_file_add_up() -> None:
    config = run("--add-runtime", "a=/a", file={"runtimes": {"b": {"path": "/b"}}}).config
    assert set(config.runtimes) == {"a", "b"}


def test_containerd_is_answered_with_a_warning() -> None:
    assert "--containerd=/run/x.sock" in run("--containerd=/run/x.sock").config.warnings[0]


TLS_FILES = ("--tlscert=/c.pem", "--tlskey=/k.pem")


def test_tls_changes_the_default_port() -> None:
    config = run("-H", "tcp://0.0.0.0", "--tlsverify", "--tlscacert=/ca.pem", *TLS_FILES).config
    assert config.hosts == ("tcp://0.0.0.0:2376",)
    assert (config.tls, config.tls_verify, config.tls_ca_cert) == (True, True, "/ca.pem")
    assert (config.tls_cert, config.tls_key) == ("/c.pem", "/k.pem")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tls"], "invalid TLS configuration: TLS needs --tlscert and --tlskey"),
        (["--tlsverify", *TLS_FILES], "invalid TLS configuration: --tlsverify needs --tlscacert"),
        (["-H", "tcp://0.0.0.0:2375"], "refusing to listen on tcp://0.0.0.0:2375 without TLS"),
        (["-H", "tcp://[::]:2375"], "refusing to listen on tcp://[::]:2375 without TLS"),
        (["-H", "tcp://example.org"], "refusing to listen on tcp://example.org:2375 without TLS"),
        (["-H", "unix:///a.sock?scope=admin"], "no such limit: scope=admin"),
        (["-H", "unix:///a.sock?"], "scope=read-only, scope=events or label=<key>[=<value>] must follow '?'"),
    ],
)
def test_hosts_that_are_refused(arguments: list[str], message: str) -> None:
    assert message in refusal(*arguments)


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:2375", "tcp://localhost", "tcp://[::1]:1", "tcp://127.9.9.9"])
def test_plain_tcp_on_loopback_is_allowed(host: str) -> None:
    assert run("-H", host).config.plain_tcp_wanted is False


@pytest.mark.parametrize("file", [{"tls": False}, {"tlsverify": False}])
def test_plain_tcp_can_be_insisted_on_in_the_file(file: object) -> None:
    assert run("-H", "tcp://0.0.0.0", file=file).config.plain_tcp_wanted is True


def test_a_host_keeps_its_limits() -> None:
    given = ["unix:///a.sock?scope=read-only", "tcp://localhost?label=a=b"]
    config = run(file={"hosts": given}).config
    assert config.hosts == ("unix:///a.sock?scope=read-only", "tcp://localhost:2375?label=a=b")
