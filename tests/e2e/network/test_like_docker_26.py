"""What users are told about networks, volumes and names, side by side with Debian 13's Docker 26.

Each request goes to both engines; status and message must be the same. Where Docker has changed its words since (28
and 29 were looked at), what is expected stands in NEWER.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from tests.peers import docker_daemon
from tests.peers.images import busybox_image
from tests.peers.programs import program
from tests.support.engine import dockyard_engine
from tests.support.http import request

pytestmark = [
    pytest.mark.slow,
    pytest.mark.peer("docker-26", "dig"),
    pytest.mark.dockyard_only,
    pytest.mark.xdist_group("docker-26"),
]

BRIDGE = "com.docker.network.bridge."
MTU = "com.docker.network.driver.mtu"
Step = tuple[str, str, Any]


def network(name: str, *blocks: dict[str, Any], **fields: Any) -> Step:
    ipam = {"IPAM": {"Driver": "default", "Config": list(blocks)}} if blocks else {}
    return "POST", "/networks/create", {"Name": name, **ipam, **fields}


def connect(to: str, container: str = "one", **endpoint: Any) -> Step:
    return "POST", f"/networks/{to}/connect", {"Container": container, "EndpointConfig": endpoint}


def disconnect(from_: str, container: str = "one", *, force: bool = False) -> Step:
    return "POST", f"/networks/{from_}/disconnect", {"Container": container, "Force": force}


def volume(name: str, driver: str = "", labels: dict[str, str] | None = None, **options: str) -> Step:
    return "POST", "/volumes/create", {"Name": name, "Driver": driver, "DriverOpts": options, "Labels": labels}


def container(name: str = "xx", **host: Any) -> Step:
    config = {"Image": "busybox", "Cmd": ["sleep", "1000"], "HostConfig": {"NetworkMode": "none", **host}}
    return "POST", f"/containers/create?name={name}", config


def mount(**fields: Any) -> Step:
    return container(Mounts=[fields])


CREATE = "/containers/create?name=xx"
START: Step = ("POST", "/containers/xx/start", None)
REMOVE: Step = ("DELETE", "/containers/xx?force=1", None)

NETWORKS: tuple[Step, ...] = (
    network("one"),
    network("one"),
    *(network(name) for name in ("bridge", "host", "none", "default")),
    network("x", Driver="host"),
    network("x", Driver="null"),
    network("x", Driver="overlay"),
    network("block", {"Subnet": "10.5.0.0/24", "IPRange": "10.5.0.128/25", "AuxiliaryAddresses": {"x": "10.5.0.7"}}),
    network("x", {"Subnet": "10.5.0.0/25"}),
    network("x", {"Subnet": "10.6.0.1/24"}),
    network("x", {"Subnet": "10.6.0.0/24", "Gateway": "10.7.0.1"}),
    network("x", {"Subnet": "10.6.0.0/24", "IPRange": "10.7.0.0/24"}),
    network("x", {"Subnet": "10.6.0.0/24", "IPRange": "10.6.0.0/16"}),
    network("x", {"Subnet": "bla"}),
    network("x", {"Gateway": "10.6.0.1"}),
    network("x", {"Subnet": "10.6.0.0/24", "AuxiliaryAddresses": {"x": "10.7.0.1"}}),
    network("x", {"Subnet": "10.6.0.0/24", "Gateway": "10.6.0.1", "AuxiliaryAddresses": {"x": "10.6.0.1"}}),
    network("x", {"Subnet": "10.6.0.0/24"}, {"Subnet": "10.7.0.0/24"}),
    network("x", {"Subnet": "0.0.0.0/0"}),
    network("named", Options={BRIDGE + "name": "brnamed"}),
    network("x", Options={BRIDGE + "name": "brnamed"}),
    *(network("x", Options={BRIDGE + option: "x"}) for option in ("enable_icc", "enable_ip_masquerade")),
    network("x", Options={BRIDGE + "host_binding_ipv4": "x"}),
    *(network("x", Options={MTU: value}) for value in ("x", "-4")),
    network("x", Ingress=True),
    network("x", Scope="swarm"),
    network("conf", {"Subnet": "10.20.0.0/24"}, ConfigOnly=True),
    network("of-conf", ConfigFrom={"Network": "conf"}),
    network("x", ConfigFrom={"Network": "nosuch"}),
    *(("DELETE", f"/networks/{name}", None) for name in ("conf", "of-conf", "conf", "bridge", "host", "nosuch")),
    *(("GET", f"/networks/{path}", None) for path in ("nosuch", "one?scope=swarm", "one?verbose=maybe")),
    *(("GET", f'/networks?filters={{"{key}":["x"]}}', None) for key in ("nosuch", "dangling")),
    *(("POST", f'/networks/prune?filters={{"{key}":["y"]}}', None) for key in ("nosuch", "until")),
)

CONNECTIONS: tuple[Step, ...] = (
    container("one", NetworkMode="one"),
    ("POST", "/containers/one/start", None),
    connect("one"),
    *(connect("block", IPAMConfig={"IPv4Address": one}) for one in ("10.5.0.1", "10.5.0.7", "10.9.0.7")),
    connect("block", Aliases=["alias"], IPAMConfig={"IPv4Address": "10.5.0.9"}),
    connect("block"),
    connect("bridge", Aliases=["x"]),
    connect("none"),
    connect("nosuch"),
    connect("one", "nosuch"),
    connect("one", ""),
    disconnect("one", "nosuch"),
    disconnect("named"),
    disconnect("named", force=True),
    disconnect("host"),
    ("DELETE", "/networks/block", None),
    disconnect("block"),
    disconnect("block"),
    connect("named", Links=["nosuch:x"]),
    disconnect("named"),
    container(NetworkMode="nosuch"),
    START,
    REMOVE,
    container(NetworkMode="host", Links=["one:y"]),
    container(NetworkMode="container:one", PortBindings={"80/tcp": [{"HostPort": "8081"}]}),
    container(NetworkMode="container:one", Dns=["1.1.1.1"]),
    container(PortBindings={"80/tcp": [{"HostPort": "99999"}]}),
)

VOLUMES: tuple[Step, ...] = (
    volume("data"),
    volume("data"),
    volume("data", labels={"a": "b"}),
    *(volume(name) for name in ("a", "a/b", "-x", "_x")),
    volume("x", type="tmpfs"),
    volume("x", nosuch="x"),
    volume("x", device="/tmp"),
    volume("x", size="10m"),
    ("DELETE", "/volumes/nosuch", None),
    ("DELETE", "/volumes/nosuch?force=1", None),
    ("GET", "/volumes/nosuch", None),
    *(("POST", f'/volumes/prune?filters={{"{key}":["y"]}}', None) for key in ("x", "until", "all")),
    *(("GET", f'/volumes?filters={{"{key}":["y"]}}', None) for key in ("x", "dangling")),
    mount(Type="volume", Source="data", Target="x"),
    mount(Type="volume", Source="data"),
    mount(Type="nosuch", Source="data", Target="/x"),
    *(mount(Type="bind", Source=source, Target="/x") for source in ("/nosuch", "x", "")),
    mount(Type="tmpfs", Source="x", Target="/x"),
    mount(Type="bind", Source="/tmp", Target="/x", VolumeOptions={}),
    mount(Type="bind", Source="/tmp", Target="/x", BindOptions={"Propagation": "foo"}),
    mount(Type="volume", Source="data", Target="/x", VolumeOptions={"Subpath": "../x"}),
    mount(Type="volume", Target="/x", VolumeOptions={"Subpath": "x"}),
    *(mount(Type=kind, Source="data", Target="/x") for kind in ("cluster", "npipe")),
    container(VolumesFrom=["nosuch"]),
    REMOVE,
)

# (type, device, o): what the kernel is asked stands in the message that it has no such file system, or nothing there.
DEVICES = {
    "nfs": ("nfs", ":/export", "addr=127.0.0.1,rw,nolock,soft,vers=4"),
    "nfs-read-only": ("nfs", ":/export", "addr=127.0.0.1,ro,noatime,nosuid,nodev,noexec,timeo=7"),
    "nfs-named": ("nfs", ":/export", "addr=localhost,vers=3,proto=tcp"),
    "nfs4": ("nfs4", "127.0.0.1:/export", "addr=127.0.0.1,clientaddr=127.0.0.1"),
    "nfs-unknown": ("nfs", ":/export", "addr=no.such.host.invalid"),
    "cifs": ("cifs", "//127.0.0.1/share", "username=me,password=secret,vers=3.0"),
    "cifs-named": ("cifs", "//localhost/share/folder", "username=me"),
    "bind": ("none", "/no/such/folder", "bind,ro"),
    "ext4": ("ext4", "/no/such/device", "ro,errors=continue"),
}

NEWER = {
    "invalid pool request: Pool overlaps with other one on this address space": "Pool overlaps",
    "no configured subnet contains IP address": "no configured subnet or ip-range contain the IP address",
    "network-scoped aliases are only supported for user-defined networks": "network-scoped alias is supported only",
    "failed to set up container networking: ": "",
    'has active endpoints (name:"one"': "has active endpoints",
    'invalid port specification: "99999"': "invalid port specification",
    "is not connected to network named": "is not connected to the network named",
    "error resolving passed in network volume address: ": "error resolving passed in network volume address: ",
    "operation is not permitted on predefined default network ": "operation is not permitted",
}
"""How our words, which are newer, begin where Docker 26 has others, and what its have in them then."""


@pytest.fixture(scope="module")
def both(bridge_name: str) -> Iterator[tuple[str, str]]:
    """The sockets of Docker 26 and of ours."""
    with docker_daemon(release=26) as reference, dockyard_engine(f"{bridge_name}k", own_network=True) as engine:
        sockets = (reference.host.removeprefix("unix://"), engine.docker.socket)
        for socket in sockets:
            headers = {"Content-Type": "application/x-tar"}
            assert request(socket, "POST", "/v1.45/images/load", busybox_image().read_bytes(), headers).status == 200
        yield sockets


def told(socket: str, step: Step) -> tuple[int, str]:
    """Status and message of an answer, without what is different in each run."""
    method, path, body = step
    answer = request(socket, method, f"/v1.45{path}".replace('"', "%22").replace(" ", "%20"), body)
    message = ""
    if answer.status >= 400:
        message = json.loads(answer.body)["message"]
    message = re.sub(r"\b[0-9a-f]{64}\b", "ID", message)
    return answer.status, re.sub(r"/tmp/[^ ']*?/volumes/", "/volumes/", message)


def is_same(theirs: tuple[int, str], ours: tuple[int, str]) -> bool:
    if theirs == ours:
        return True
    return any(words in ours[1] and older in theirs[1] for words, older in NEWER.items())


@pytest.mark.row("G5", "G8", "F6")
def test_messages_of_networks_and_volumes(both: tuple[str, str]) -> None:
    differences = []
    for step in (*NETWORKS, *CONNECTIONS, *VOLUMES):
        if step[1] == CREATE:
            for socket in both:
                told(socket, REMOVE)
        theirs, ours = (told(socket, step) for socket in both)
        if not is_same(theirs, ours):
            differences.append((*step, theirs, ours))
    assert differences == []


@pytest.mark.row("F6")
@pytest.mark.parametrize("name", DEVICES)
def test_devices_of_volumes_reach_the_kernel_as_dockers_do(both: tuple[str, str], name: str) -> None:
    """There is no NFS in this kernel, so that what was asked of it is all that can be compared."""
    kind, device, options = DEVICES[name]
    answers = []
    for socket in both:
        assert told(socket, volume(f"device-{name}", type=kind, device=device, o=options))[0] == 201
        assert told(socket, container(Binds=[f"device-{name}:/x:nocopy"]))[0] == 201
        answers.append(told(socket, START))
        told(socket, REMOVE)
    assert answers[1][0] >= 400
    assert is_same(*answers), answers


@pytest.mark.row("G5")
@pytest.mark.parametrize(
    ("blocks", "fields"),
    [
        ([{"Subnet": "10.30.0.0/24"}], {}),
        ([{"Subnet": "10.30.0.0/24", "Gateway": "10.30.0.9", "IPRange": "10.30.0.128/25"}], {"Internal": True}),
        ([{"Subnet": "10.30.0.0/24", "AuxiliaryAddresses": {"a": "10.30.0.7"}}], {"Labels": {"a": "b"}}),
        ([{"Subnet": "10.30.0.0/24"}, {"Subnet": "fd00:30::/64"}], {"EnableIPv6": True, "Attachable": True}),
    ],
)
def test_networks_are_shown_as_by_docker(both: tuple[str, str], blocks: list[Any], fields: dict[str, Any]) -> None:
    shown = []
    for socket in both:
        assert told(socket, network("shown", *blocks, **fields))[0] == 201
        document = request(socket, "GET", "/v1.45/networks/shown").json()
        told(socket, ("DELETE", "/networks/shown", None))
        shown.append({key: value for key, value in document.items() if key not in ("Id", "Created")})
    assert shown[1] == shown[0]


QUESTIONS = (
    *(
        "A web",
        "AAAA web",
        "MX web",
        "A WEB",
        "A web.",
        "A web.names",
        "AAAA web.names",
        "A alias",
        "A named",
        "A linked",
    ),
    *("SRV _http._tcp.web", "SRV web.names", "SRV nosuch", "A nosuch", "AAAA nosuch", "A no.such.example"),
    *("A tasks.web", "A host.docker.internal"),
)


@pytest.mark.row("G6")
def test_names_are_answered_as_by_docker(both: tuple[str, str]) -> None:
    """Among them SRV, which Docker answers for services of a swarm, and forwards otherwise."""
    answers = [asked(socket) for socket in both]
    assert answers[1] == answers[0]
    assert answers[1]["A web"] == ("NOERROR", ("web. A",))


def asked(socket: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The status and the answers for each question of a container, without addresses."""

    def do(step: Step) -> Any:
        answer = request(socket, step[0], f"/v1.45{step[1]}", step[2])
        assert answer.status < 300, (step, answer)
        return json.loads(answer.body) if answer.body else None

    do(network("names"))
    for name, fields in (("web", {"Aliases": ["alias"]}), ("asking", {"Links": ["web:linked"]})):
        _, path, config = container(name, NetworkMode="names", Dns=["127.0.0.1"])
        hostname = {"Hostname": "named"} if name == "web" else {}
        networking = {"NetworkingConfig": {"EndpointsConfig": {"names": fields}}}
        do(("POST", path, {**config, **hostname, **networking}))
        do(("POST", f"/containers/{name}/start", None))
    shown = do(("GET", "/containers/asking/json", None))
    found = {question: dig(shown["State"]["Pid"], *question.split()) for question in QUESTIONS}
    address = do(("GET", "/containers/web/json", None))["NetworkSettings"]["Networks"]["names"]["IPAddress"]
    status, answers = dig(shown["State"]["Pid"], "-x", address)
    found["reverse"] = status, tuple(answer.partition(" ")[2] for answer in answers)
    return found


def dig(pid: int, *question: str) -> tuple[str, tuple[str, ...]]:
    wanted = program("dig")
    command = ["nsenter", "-n", "-t", str(pid), *wanted.command("@127.0.0.11", "+tries=1", "+time=8", *question)]
    text = subprocess.run(command, capture_output=True, text=True, env=wanted.environment).stdout
    status = re.search(r"status: (\w+)", text)
    answers = [line.split() for line in text.splitlines() if re.match(r"[^;\s].*\sIN\s", line)]
    shown = tuple(f"{one[0]} {one[3]}" + (f" {one[4]}" if one[3] == "PTR" else "") for one in answers)
    return (status[1] if status else "none"), shown
