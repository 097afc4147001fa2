"""Names from archives and clients, made safe before they touch a filesystem.

An archive's member name is bytes of a stranger. `components` reduces it to plain steps below a root: nothing that it
returns can climb (`..` stops at the root, as it does for a process in a chroot), be absolute, or be empty.
path_resolution(7) says what the kernel would have done instead.
"""

NAME_MAX = 255
PATH_MAX = 4096


def components(name: bytes) -> tuple[bytes, ...]:
    """The steps of `name` below a root, cleaned lexically: `b"/a/./b/../../../c"` → `(b"c",)`; the root itself →
    `()`."""
    if b".." not in name and b"." not in name and b"//" not in name:  # nearly every member of nearly every archive
        name = name.strip(b"/")
        return tuple(name.split(b"/")) if name else ()
    steps: list[bytes] = []
    for step in name.split(b"/"):
        if step == b"..":
            if steps:
                steps.pop()
        elif step and step != b".":
            steps.append(step)
    return tuple(steps)


def display(name: bytes) -> str:
    """`name` for a message: UTF-8 where it is, escapes where it isn't, never longer than a line of text."""
    text = name.decode("utf-8", "backslashreplace")
    return text if len(text) <= 200 else text[:197] + "..."
