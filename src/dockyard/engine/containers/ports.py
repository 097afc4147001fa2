"""Ports to publish: `-p` and `-P` as the network package is asked for them."""

from dockyard.engine.containers.config import Config, HostConfig
from dockyard.network.attachment import PortRequest
from dockyard.network.portmap.bindings import parse_bindings, publish_all


def port_requests(host: HostConfig) -> tuple[PortRequest, ...]:
    """What `-p` asks for; InvalidParameter, in Docker's words, when a port, range or address is none."""
    return parse_bindings(
        {
            port: [{"HostIp": one.host_ip, "HostPort": one.host_port} for one in some or ()]
            for port, some in (host.port_bindings or {}).items()
        }
    )


def published_ports(config: Config, host: HostConfig) -> tuple[PortRequest, ...]:
    """Everything that is to be published: `-p`, and with `-P` every exposed port that isn't among them."""
    requests = port_requests(host)
    return publish_all(config.exposed_ports or {}, requests) if host.publish_all_ports else requests
