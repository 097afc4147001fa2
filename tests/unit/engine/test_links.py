"""`--link`: what is asked for, kept, and told in the environment."""

import msgspec
import pytest

from dockyard.engine.containers.config import Config, HostConfig
from dockyard.engine.containers.links import Link, environment_of, parse_link, resolved
from dockyard.engine.containers.record import Container, State
from dockyard.engine.containers.state import Status
from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.network.attachment import Attachment


def container(name: str, *, mode: str = "bridge", running: bool = True, network: str = "bridge") -> Container:
    attachment = Attachment("c", name, "s", "e", network, "n", "bridge", ipv4="172.17.0.9")
    return Container(
        id=name * 4,
        name=name,
        created_at_ns=0,
        path="sh",
        args=(),
        config=Config(
            env=("A=b", "PATH=/x", "HOME=/y"),
            exposed_ports={"80/tcp": {}, "81/tcp": {}, "53/udp": {}},
        ),
        host_config=HostConfig(network_mode=mode),
        image_id="i",
        driver="overlay2",
        state=State(status=Status.RUNNING if running else Status.EXITED),
        attachments=(attachment,),
    )


DB = container("db")


def find(name: str) -> Container:
    if name != "db":
        raise InvalidParameter(f"No such container: {name}")
    return DB


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("db", Link("db", "db")),
        ("db:data", Link("db", "data")),
        ("/db:/web/data", Link("db", "data")),
    ],
)
def test_grammar(text: str, link: Link) -> None:
    assert parse_link(text) == link


@pytest.mark.parametrize("text", ["", "a:b:c"])
def test_what_is_no_link(text: str) -> None:
    with pytest.raises(InvalidParameter):
        parse_link(text)


def test_what_a_record_keeps() -> None:
    assert resolved(HostConfig(network_mode="bridge", links=("db", "db:data")), "web", find) == (
        "/db:/web/db",
        "/db:/web/data",
    )
    assert resolved(HostConfig(network_mode="mine", links=("db",)), "web", find) is None
    for mode, link in (("bridge", "nope"), ("host", "db"), ("container:db", "db")):
        with pytest.raises(InvalidParameter):
            resolved(HostConfig(network_mode=mode, links=(link,)), "web", find)


def web(target: str = "db") -> Container:
    host = HostConfig(network_mode="bridge", links=(f"/{target}:/web/my-data",))
    return msgspec.structs.replace(container("web"), host_config=host)


def test_variables() -> None:
    variables = dict(entry.split("=", 1) for entry in environment_of(web(), lambda _: DB))
    assert variables["MY_DATA_PORT"] == variables["MY_DATA_PORT_80_TCP"] == "tcp://172.17.0.9:80"
    assert variables["MY_DATA_PORT_81_TCP_ADDR"] == "172.17.0.9"
    assert (variables["MY_DATA_PORT_80_TCP_PORT_START"], variables["MY_DATA_PORT_80_TCP_PORT_END"]) == ("80", "81")
    assert variables["MY_DATA_PORT_53_UDP_PROTO"] == "udp"
    assert variables["MY_DATA_NAME"] == "/web/my-data"
    assert {name for name in variables if "_ENV_" in name} == {"MY_DATA_ENV_A"}


def test_whom_one_cannot_be_linked_to() -> None:
    for target in (None, container("db", running=False)):
        with pytest.raises(SystemFailure, match="Cannot link to a non running container: /db AS /web/my-data"):
            environment_of(web(), lambda _, target=target: target)
    with pytest.raises(SystemFailure, match="does not belong to the default network"):
        environment_of(web(), lambda _: container("db", network="other"))
