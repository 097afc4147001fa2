"""An archive unpacked in a directory of a container."""

from collections.abc import Iterator
from dataclasses import dataclass

from dockyard.engine.containers.archive.paths import cleaned
from dockyard.engine.containers.archive.place import file_not_found, visiting
from dockyard.engine.containers.collection import Entry
from dockyard.engine.containers.rootfs_files import read_from_process, read_from_view
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.user import resolve_user
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.errors import NotFound
from dockyard.store.content.compression import inflated
from dockyard.supervisor.visit_client import write_archive


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """`keep_kinds`: a directory never replaces anything else, nor the other way round (noOverwriteDirNonDir).

    `own`: everything belongs to the container's user, if it has one, and not to whom the archive names (copyUIDGID).
    """

    keep_kinds: bool = False
    own: bool = False


async def write(
    services: Services, entry: Entry, ref: str, path: str, archive: Iterator[bytes], options: WriteOptions
) -> None:
    """Unpack `archive`, compressed or not, at `path`, a directory; `archive` is iterated in a thread.

    Raises:
        NotFound: no such path; Docker's words, with `ref`.
        InvalidParameter: the path is no directory, the archive is damaged, or the user isn't known.
        Forbidden: the place is read-only.
        SystemFailure: the kernel refused.
    """
    async with visiting(services, entry, "write", cleaned(path)) as request:
        owner = _owner(services, entry, request.pid) if options.own and entry.record.config.user else None
        try:
            await write_archive(
                services.supervisor,
                request._replace(keep_kinds=options.keep_kinds, owner=owner),
                _inflated(archive),
                run_in_own_thread,
            )
        except NotFound as error:
            raise NotFound(file_not_found(path, ref)) from error
    services.announce(entry.record, "extract-to-dir")


def _inflated(archive: Iterator[bytes]) -> Iterator[bytes]:
    """As `inflated`, which reads the beginning at once: here only when it is iterated, which is in the thread."""
    yield from inflated(archive)


def _owner(services: Services, entry: Entry, pid: int) -> tuple[int, int]:
    user = entry.record.config.user
    if pid:
        found = resolve_user(user, (), lambda name: read_from_process(pid, name))
    else:
        view = services.layers.rw(entry.record.id).view()
        found = resolve_user(user, (), lambda name: read_from_view(view, name))
    return found.uid, found.gid
