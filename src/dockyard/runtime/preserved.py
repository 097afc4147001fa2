"""Descriptors that a process of a container keeps besides 0, 1 and 2."""

import os

from dockyard.errors import InvalidParameter
from dockyard.linux.libc import reason


def check_preserved(count: int) -> None:
    """InvalidParameter unless the caller has `count` descriptors open from 3 on.

    To be called before anything else is opened: a number that is free would be taken by something of the runtime's own,
    a directory of the host perhaps, and be handed to the container.
    """
    for number in range(3, 3 + count):
        try:
            os.fstat(number)
        except OSError as error:
            raise InvalidParameter(f"unable to stat preserved-fd {number} (of {count}): {reason(error)}") from None
