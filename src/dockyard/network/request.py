"""What a user asks of a network that shall be made (Engine API: NetworkCreateRequest)."""

from dataclasses import dataclass

from dockyard.network.attachment import Subnet

DEFAULT_DRIVER = "bridge"
DEFAULT_IPAM = "default"


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """A wish for a network; "" and None leave the choice to the engine.

    Attributes:
        name: unique among the networks of the engine.
        driver: "" is `bridge`.
        scope: "", "local" or "swarm".
        internal: without a way out.
        attachable, ingress: what clusters use.
        config_only: keeps a configuration for other networks, and is none itself.
        config_from: name of such a network whose configuration this one takes.
        ipam_driver, ipam_options, subnets: which addresses; `subnets` may leave fields open.
        enable_ipv4, enable_ipv6: None asks `options`, and then the default, IPv4 alone.
        options: of the driver.
        labels: of the user.
    """

    name: str
    driver: str = ""
    scope: str = ""
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_only: bool = False
    config_from: str | None = None
    ipam_driver: str = ""
    ipam_options: tuple[tuple[str, str], ...] | None = None
    subnets: tuple[Subnet, ...] = ()
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    options: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
