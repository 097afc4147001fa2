"""The directories of the overlay2 driver, as Docker lays them out.

<home>/l/<26 letters>          symbolic link to ../<id>/diff: short, so that many fit into mount(2)'s one page
<home>/<id>/diff               the layer's own content: lowerdir of those above, upperdir of a container
<home>/<id>/link               the name of its link in l/
<home>/<id>/lower              `l/AAA:l/BBB`, the links of all layers below, uppermost first; absent for the lowest
<home>/<id>/work, merged       for mounting
"""

import os
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from dockyard.errors import DataLoss, InvalidParameter
from dockyard.fs.archive.source import write_all

LINKS = "l"
MAX_DEPTH = 128
"""The deepest stack of layers, Docker's limit: 128 short links are what a page of mount options holds."""
_KEPT = 512
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Layout:
    """Paths below `home`, and what the small files there say. These never change as long as a layer lives, so what was
    read or written lately is remembered."""

    def __init__(self, home: str) -> None:
        self.home = home
        self._known: OrderedDict[str, _Files] = OrderedDict()
        self._lock = Lock()

    def directory(self, layer_id: str) -> str:
        """The layer's directory."""
        return f"{self.home}/{layer_id}"

    def diff(self, layer_id: str) -> str:
        """The layer's own content."""
        return f"{self.home}/{layer_id}/diff"

    def reserve(self, layer_id: str) -> None:
        """Create the directory of a new layer. Raises OSError, above all when the layer exists."""
        os.mkdir(self.directory(layer_id), 0o710)

    def fill(self, layer_id: str, lowers: tuple[str, ...]) -> None:
        """Create what belongs into a new layer's directory, above `lowers` (links, uppermost first). Raises OSError."""
        directory = self.directory(layer_id)
        os.mkdir(f"{directory}/diff", 0o755)
        os.chmod(f"{directory}/diff", 0o755)  # it becomes `/` of a container: the umask must not show there
        link = new_link()
        _write(f"{directory}/link", link)  # before the link itself, so that a removal always knows of it
        os.symlink(f"../{layer_id}/diff", f"{self.home}/{LINKS}/{link}")
        if lowers:
            os.mkdir(f"{directory}/work", 0o700)
            os.mkdir(f"{directory}/merged", 0o700)
            _write(f"{directory}/lower", ":".join(lowers))
        self._remember(layer_id, _Files(link, lowers))

    def lowers(self, layer_id: str) -> tuple[str, ...]:
        """The links of the layers below `layer_id`, uppermost first. Raises DataLoss when there is no such layer."""
        return self._files(layer_id).lowers

    def lowers_for_child(self, parent: str | None) -> tuple[str, ...]:
        """What stands below a new layer on top of `parent`. Raises InvalidParameter when the stack is too deep."""
        if parent is None:
            return ()
        files = self._files(parent)
        lowers = (f"{LINKS}/{files.link}", *files.lowers)
        if len(lowers) > MAX_DEPTH:
            raise InvalidParameter("max depth exceeded")
        return lowers

    def lower_directories(self, layer_id: str) -> list[str]:
        """The diff directories of the layers below, uppermost first, as absolute paths."""
        found = []
        for link in self.lowers(layer_id):
            try:
                target = os.readlink(f"{self.home}/{link}")
            except OSError as error:
                raise DataLoss(f"layer {layer_id}: {self.home}/{link}: {error.strerror}") from error
            found.append(os.path.normpath(f"{self.home}/{LINKS}/{target}"))
        return found

    def drop_link(self, layer_id: str) -> None:
        """Remove the layer's short link, if there is one."""
        try:
            link = self._files(layer_id).link
            if link:  # empty after a power cut
                os.unlink(f"{self.home}/{LINKS}/{link}")
        except (FileNotFoundError, DataLoss):
            return
        finally:
            with self._lock:
                self._known.pop(layer_id, None)

    def drop_dangling_links(self) -> None:
        """Remove short links whose layer is gone: left by a kill between two steps of creation or of removal."""
        for name in os.listdir(f"{self.home}/{LINKS}"):
            path = f"{self.home}/{LINKS}/{name}"
            if not os.path.exists(path):
                os.unlink(path)

    def _files(self, layer_id: str) -> "_Files":
        with self._lock:
            known = self._known.get(layer_id)
            if known is not None:
                self._known.move_to_end(layer_id)
                return known
        directory = self.directory(layer_id)
        try:
            link = _read(f"{directory}/link")
            try:
                lowers = tuple(_read(f"{directory}/lower").split(":"))
            except FileNotFoundError:
                lowers = ()
        except OSError as error:
            raise DataLoss(f"layer {layer_id}: {(error.strerror or '').lower()}") from error
        return self._remember(layer_id, _Files(link, lowers))

    def _remember(self, layer_id: str, files: "_Files") -> "_Files":
        with self._lock:
            self._known[layer_id] = files
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return files


class _Files(NamedTuple):
    """What `link` and `lower` say."""

    link: str
    lowers: tuple[str, ...]


def new_link() -> str:
    """A random name of 26 letters and digits: 130 bits."""
    return "".join(_LETTERS[byte & 31] for byte in os.urandom(26))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
