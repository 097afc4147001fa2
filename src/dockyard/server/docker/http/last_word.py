"""A last message to a client whose connection has left HTTP and can't be handed over after all."""

import os

from dockyard.api.frames import STDOUT, frame


def write_last_word(fd: int, text: str, *, framed: bool) -> None:
    """Writes `text` to the client at `fd`, which may be gone; what doesn't fit into its buffer is lost."""
    data = text.encode()
    try:
        os.write(fd, frame(STDOUT, data) if framed else data)
    except OSError:
        return
