"""What `--version` prints. containerd and podman read the first line, and `spec:`."""

import sys
from typing import Final

import dockyard

OCI_VERSION: Final = "1.2.0"
"""The newest runtime-spec that the runtime knows: https://github.com/opencontainers/runtime-spec/tree/v1.2.0"""

OLDEST_OCI_VERSION: Final = "1.0.0"


def version_text() -> str:
    """Name and version, the version of the spec, and what runs it."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"dockyard-runc version {dockyard.__version__}\nspec: {OCI_VERSION}\npython: {python}"
