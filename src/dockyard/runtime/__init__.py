"""The runtime (the role of runc): from an OCI bundle to a running container, in the process that calls it."""
