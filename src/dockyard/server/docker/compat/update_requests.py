"""`POST /containers/{id}/update` of older versions."""

from typing import Any

from dockyard.api.versions import Version
from dockyard.server.docker.compat.create_requests import drop_kernel_memory

BLOCK_DEVICE_LIMITS = (
    "BlkioWeightDevice",
    "BlkioDeviceReadBps",
    "BlkioDeviceWriteBps",
    "BlkioDeviceReadIOps",
    "BlkioDeviceWriteIOps",
)


def upgrade_update(body: dict[str, Any], version: Version) -> None:
    """Edits `body` into a request of the newest version: drops what `version` ignored; a negative limit is none."""
    drop_kernel_memory(body, version)
    if version < (1, 40):
        body.pop("PidsLimit", None)
    if version < (1, 55):
        for key in BLOCK_DEVICE_LIMITS:
            body.pop(key, None)
    if body.get("PidsLimit", 0) < 0:
        body["PidsLimit"] = 0
