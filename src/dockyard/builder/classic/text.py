"""The lines of Docker's classic builder (moby, daemon/builder/dockerfile)."""

from collections.abc import Sequence


def short(identifier: str) -> str:
    """An id as it is shown: twelve digits."""
    return identifier.removeprefix("sha256:")[:12]


def running_in(container_id: str) -> str:
    """A step's container is there."""
    return f" ---> Running in {short(container_id)}\n"


def no_longer_there(container_id: str) -> str:
    """A step's container has gone."""
    return f" ---> Removed intermediate container {short(container_id)}\n"


def stderr(text: str) -> str:
    """What came on stderr: red."""
    return f"\x1b[91m{text}\x1b[0m"


def executing_triggers(count: int) -> str:
    """ONBUILD's instructions follow."""
    return f"# Executing {count} build trigger{'s' if count > 1 else ''}\n"


def unused_arguments(names: Sequence[str]) -> str:
    """Build arguments that nothing declared."""
    return f"[Warning] One or more build-args [{' '.join(names)}] were not consumed\n"
