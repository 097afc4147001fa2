"""The arguments under which a shim shows in `ps` and `pstree`: those of Docker's shim, with the container's id."""

PROGRAM = "dockyard-shim"
NAMESPACE = "moby"


def shim_arguments(container_id: str, directory: str, address: str) -> list[str]:
    """argv of the shim whose directory is `directory` and whose supervisor listens at `address`."""
    return [
        PROGRAM,
        *("-namespace", NAMESPACE),
        *("-id", container_id),
        *("-workdir", directory),
        *("-address", address),
    ]
