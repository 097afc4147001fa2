"""From a container's record to its OCI configuration: `build` puts together what the other modules make."""
