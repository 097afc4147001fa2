"""Which boot of the kernel this is: a random id that lasts until the machine restarts. random(4)."""

_PATH = "/proc/sys/kernel/random/boot_id"


def boot_id() -> str:
    """The id, 36 characters. Raises OSError where there is no /proc."""
    with open(_PATH, encoding="ascii") as file:
        return file.read().strip()
