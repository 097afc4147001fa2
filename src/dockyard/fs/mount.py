"""A mount as a value: what one side describes and another performs.

A graph driver answers "how does this container's root come about" with a tuple of these; the shim performs them in the
host's mount namespace before it forks PID 1, and so needs to know nothing of layers. mount(2), mount(8) for the words.
"""

from typing import NamedTuple


class Mount(NamedTuple):
    """One call of mount(2).

    `options` are words as in fstab: flags (`ro`, `rbind`, `nosuid`) and filesystem data (`lowerdir=…`) mixed, in order.
    `directory`, when not empty, must be the working directory while mounting: relative paths in `options` start there.
    That is how an overlay of 128 layers fits into the single page that mount(2) takes as data.
    """

    type: str
    source: str
    target: str
    options: tuple[str, ...] = ()
    directory: str = ""
