"""The networks without links of their own: `host`, where containers share the host's namespace, and `none`.

They need nothing of the kernel; they exist so that an endpoint is an endpoint everywhere.
"""

from collections.abc import Sequence

from dockyard.errors import Conflict
from dockyard.network.attachment import Attachment, AttachRequest, NetworkInfo, PortRequest, PublishedPort
from dockyard.network.drivers.info import info_of
from dockyard.network.networks import NetworkRecord
from dockyard.network.sandbox.sandboxes import Sandbox


class LinklessNetwork:
    """`host` or `none`. Published ports are dropped, as Docker does: with `host` they are the host's already."""

    uses_sandbox = False
    interface_prefix = "eth"

    def __init__(self, record: NetworkRecord) -> None:
        """`record` says which of the two."""
        self._record = record

    @property
    def record(self) -> NetworkRecord:
        """See `Network.record`."""
        return self._record

    def start(self, attachments: Sequence[Attachment]) -> None:
        """Nothing to do."""

    def attach(self, request: AttachRequest, interface: str, sandbox: Sandbox | None) -> Attachment:  # noqa: ARG002
        """An endpoint without link, addresses and ports."""
        return Attachment(
            container_id=request.container_id,
            container_name=request.container_name,
            sandbox_id=request.sandbox_id,
            endpoint_id=request.endpoint_id,
            network=self._record.name,
            network_id=self._record.id,
            driver=self._record.driver,
            driver_opts=request.driver_opts,
        )

    def republish(
        self,
        attachment: Attachment,  # noqa: ARG002
        removed: Sequence[PublishedPort],  # noqa: ARG002
        requests: Sequence[PortRequest],  # noqa: ARG002
    ) -> Attachment:
        """Nothing is published here."""
        raise Conflict(f"network {self._record.name} publishes no ports")

    def detach(self, attachment: Attachment) -> None:
        """Nothing to do."""

    def reassert(self) -> None:
        """Nothing to do."""

    def owns_link(self, name: str) -> bool:  # noqa: ARG002
        """None."""
        return False

    def owns_table(self, name: str) -> bool:  # noqa: ARG002
        """None."""
        return False

    def info(self, attachments: Sequence[Attachment]) -> NetworkInfo:
        """The network as it is shown."""
        return info_of(self._record, attachments)

    def remove(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
