"""Sandboxes: network namespaces by id, without a process, pinned to files below the exec root."""
