"""Makes UDP clients notice that a published port has changed hands, by forgetting the flows that remember otherwise."""

import socket
from collections.abc import Iterable
from contextlib import suppress

from dockyard.linux.netlink import conntrack
from dockyard.linux.netlink.conntrack import Flow
from dockyard.linux.netlink.socket import NETLINK_NETFILTER, NetlinkSocket
from dockyard.network.firewall.rules import ANY, Target


def forget_flows(targets: Iterable[Target]) -> None:
    """Forget the UDP flows to these published ports: those led to a container, and those that weren't led anywhere.

    To be called after the ports changed in the firewall. Where the kernel has no connection tracking to ask, there are
    no such flows either.
    """
    concerned = [target for target in targets if target.published.protocol == "udp"]
    if not concerned:
        return
    with suppress(OSError):
        netfilter = NetlinkSocket(NETLINK_NETFILTER)
        try:
            for target in concerned:
                question = conntrack.get_by_port(socket.IPPROTO_UDP, target.published.host_port)
                for flow in map(conntrack.parse, netfilter.dump(question)):
                    if concerns(flow, target):
                        with suppress(OSError):  # it has just ended
                            netfilter.transact(conntrack.forget(flow))
        finally:
            netfilter.close()


def concerns(flow: Flow, target: Target) -> bool:
    """Whether the flow goes to the published port: led to some container, or not translated at all.

    A flow of a container to the same port of a foreign host is translated at its source, and isn't meant.
    """
    port = target.published
    if flow.protocol != socket.IPPROTO_UDP or flow.destination_port != port.host_port:
        return False
    if port.host_ip not in (ANY, flow.destination):
        return False
    led_elsewhere = flow.reply_source != flow.destination
    return led_elsewhere or flow.reply_destination == flow.source
