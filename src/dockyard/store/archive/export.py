"""`docker export`: a container's whole root filesystem as an archive, without layers and without a mount."""

from collections.abc import Iterator

from dockyard.errors import SystemFailure
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.writer import END
from dockyard.store.graphdriver.view import View


def export(view: View) -> Iterator[bytes]:
    """The archive of all that `view` shows, names in byte order. Raises SystemFailure when something can't be read."""
    return rechunk(_pieces(view))


def _pieces(view: View) -> Iterator[bytes]:
    packer = Packer()
    for node in view.walk():
        name = b"/".join(node.steps)
        try:
            yield from packer.member(name, node.leaf, node.parent, node.status)
        except FileNotFoundError:
            continue  # the container removed it meanwhile
        except OSError as error:
            raise SystemFailure(f"read /{name.decode(errors='replace')}: {(error.strerror or '').lower()}") from error
    yield END
