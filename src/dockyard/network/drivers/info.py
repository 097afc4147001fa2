"""A network as it is shown, from its record. Pure."""

from collections.abc import Iterable, Sequence

from dockyard.network.attachment import Attachment, NetworkInfo
from dockyard.network.networks import NetworkRecord


def info_of(
    record: NetworkRecord, attachments: Sequence[Attachment], usage: Iterable[tuple[str, int, int]] = ()
) -> NetworkInfo:
    """What is known of the network, and who is in it.

    Args:
        record: of the network.
        attachments: of the endpoints in it.
        usage: of its subnets, see `NetworkInfo`.
    """
    return NetworkInfo(
        id=record.id,
        name=record.name,
        created=record.created,
        driver=record.driver,
        scope=record.scope,
        enable_ipv4=record.enable_ipv4,
        enable_ipv6=record.enable_ipv6,
        internal=record.internal,
        attachable=record.attachable,
        ingress=record.ingress,
        ipam_driver=record.ipam_driver,
        ipam_options=record.ipam_options,
        subnets=record.subnets,
        config_only=record.config_only,
        config_from=record.config_from,
        options=record.options,
        labels=record.labels,
        containers=tuple(attachments),
        usage=tuple(usage),
    )
