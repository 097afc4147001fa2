"""Whatever is asked of a network or an endpoint, it is planned or refused in the closed set of errors, and soon."""

from ipaddress import ip_network
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.network.test_creation import AROUND, ID, NOW

from dockyard.engine.containers.config import EndpointConfig, EndpointIpamConfig
from dockyard.engine.containers.endpoints import check_endpoints
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.network.attachment import Subnet
from dockyard.network.creation import plan_network
from dockyard.network.drivers.bridge import options as bridge
from dockyard.network.drivers.bridge.user_defined import settings_of
from dockyard.network.request import NetworkRequest

ADDRESS = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from(["", "0.0.0.0", "::", "::1", "127.0.0.1", "1.2.3", "fe80::1%lo", "::ffff:1.2.3.4", "01.2.3.4"]),
    st.text(max_size=20),
)
BLOCK = st.one_of(
    st.tuples(ADDRESS, st.integers(-1, 129)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.sampled_from(["", "::/128", "::/0", "0.0.0.0/0", "0.0.0.0/32", "10.0.0.0/31", "/", "10.0.0.0/255.0.0.0"]),
    ADDRESS,
)
SUBNET = st.builds(
    Subnet,
    BLOCK,
    ADDRESS,
    BLOCK,
    st.lists(st.tuples(st.text(max_size=5), ADDRESS), max_size=2).map(tuple),
)
OPTION_NAMES = [value for name, value in vars(bridge).items() if name.isupper() and isinstance(value, str)]
OPTIONS = st.lists(
    st.tuples(
        st.sampled_from([*OPTION_NAMES, "parent", "macvlan_mode", "ipvlan_mode", "ipvlan_flag"]),
        st.one_of(
            st.text(max_size=20), st.sampled_from(["true", "nat", "routed", "isolated", "eth0", "eth0.9", "1400"])
        ),
    ),
    max_size=4,
).map(tuple)
REQUEST = st.builds(
    NetworkRequest,
    st.text(max_size=10),
    st.sampled_from(["", "bridge", "macvlan", "ipvlan", "overlay", "host", "x\0"]),
    scope=st.sampled_from(["", "local", "swarm", "global", "\n"]),
    internal=st.booleans(),
    config_only=st.booleans(),
    config_from=st.sampled_from([None, "conf", "bridge", ""]),
    ipam_driver=st.sampled_from(["", "default", "null", "x"]),
    subnets=st.lists(SUBNET, max_size=3).map(tuple),
    enable_ipv4=st.sampled_from([None, True, False]),
    enable_ipv6=st.sampled_from([None, True, False]),
    options=OPTIONS,
)


@given(REQUEST)
def test_networks(request_: NetworkRequest) -> None:
    try:
        record = plan_network(request_, ID, NOW, AROUND)
    except DockyardError:
        return
    if record.config_only:
        return
    others = [ip_network(block.subnet) for one in AROUND.records if not one.config_only for block in one.subnets]
    for block in record.subnets:
        subnet = ip_network(block.subnet)
        assert not any(subnet.version == other.version and subnet.overlaps(other) for other in others)
    if record.driver == "bridge":
        settings = settings_of(record, "/data")
        assert settings.link.isprintable()
        assert len(settings.link) <= 15
        assert all('"' not in text and ";" not in text for text in (settings.link, *settings.trusted))


ENDPOINT = st.builds(
    EndpointConfig,
    ipam_config=st.one_of(
        st.none(),
        st.builds(
            EndpointIpamConfig,
            ipv4_address=ADDRESS,
            ipv6_address=ADDRESS,
            link_local_ips=st.lists(ADDRESS, max_size=2).map(tuple),
        ),
    ),
    mac_address=st.one_of(st.just(""), st.text(max_size=20)),
    driver_opts=st.dictionaries(
        st.sampled_from(["com.docker.network.endpoint.sysctls", "com.docker.network.endpoint.ifname", "x"]),
        st.one_of(st.text(max_size=30), st.just("net.ipv4.conf.IFNAME.log_martians=1")),
        max_size=2,
    ),
)


@given(st.sampled_from(["bridge", "web", "host", "container:x", ""]), st.one_of(st.none(), ENDPOINT))
def test_endpoints(name: str, endpoint: Any) -> None:
    try:
        check_endpoints({name: endpoint}, {})
    except InvalidParameter:
        return
    assert endpoint is not None
