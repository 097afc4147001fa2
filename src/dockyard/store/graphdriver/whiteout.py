"""Whiteouts in archives: `.wh.<name>` takes away `<name>` of the layers below, `.wh..wh..opq` everything in its
directory.

oci image-spec v1.1, layer.md, "Whiteouts". Names that begin with `.wh..wh.` are AUFS's own and are passed over.
"""

from typing import NamedTuple

PREFIX = b".wh."
META_PREFIX = b".wh..wh."
OPAQUE = b".wh..wh..opq"


class Whiteout(NamedTuple):
    """What a member's name means: `hidden` is the name taken away, None for an opaque directory or AUFS's own files."""

    hidden: bytes | None
    opaque: bool


def parse_whiteout(leaf: bytes) -> Whiteout | None:
    """The whiteout that `leaf` (the last step of a member's name) stands for, or None for an ordinary member."""
    if not leaf.startswith(PREFIX):
        return None
    if leaf == OPAQUE:
        return Whiteout(None, True)
    if leaf.startswith(META_PREFIX):
        return Whiteout(None, False)
    return Whiteout(leaf[len(PREFIX) :], False)
