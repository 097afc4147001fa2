"""The log that a container's settings ask for."""

import os
from contextlib import suppress

from dockyard.errors import InvalidParameter
from dockyard.fs.compressed_file import compress_rotated
from dockyard.linux.descriptors import close_from
from dockyard.linux.signal_handlers import write_arrivals_to
from dockyard.shim.container_log import ContainerLog, Format
from dockyard.shim.json_log import JsonFormat
from dockyard.shim.local_log import LocalFormat
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.messages import LogSettings
from dockyard.shim.place import Place
from dockyard.shim.ring_log import RingLog
from dockyard.shim.spool import Spool


def open_log(settings: LogSettings, place: Place) -> ContainerLog | None:
    """The log, opened for appending; None for the format `none`.

    Raises:
        InvalidParameter: there is no such format.
        OSError: the file can't be opened.
    """
    if settings.driver == "none":
        return None
    form: Format
    if settings.driver == "json-file":
        form = JsonFormat(settings.attributes)
    elif settings.driver == "local":
        form = LocalFormat(settings.attributes)
    else:
        raise InvalidParameter(f"logger: no log driver named '{settings.driver}' is registered")
    with suppress(FileExistsError):
        os.mkdir(os.path.dirname(settings.path), 0o700)  # local's is one level below the container's
    file = RotatingFile(
        settings.path,
        settings.max_size_bytes,
        settings.max_files,
        place.report,
        form,
        compress=(lambda: _compress(settings, place)) if settings.compress else None,
        spool=Spool(settings.spool, blocking=settings.blocking) if settings.spool else None,
    )
    if settings.ring_bytes:
        return RingLog(file, form, place.clock, settings.ring_bytes, place.report)
    return ContainerLog(file, form, place.clock)


def _compress(settings: LogSettings, place: Place) -> None:
    """Compress rotated files in a process of its own, which outlives this one; the container waits for nothing."""
    if not any(os.path.exists(f"{settings.path}.{number}") for number in range(1, settings.max_files)):
        return
    try:
        if os.fork():
            return
    except OSError as error:
        place.report(error)
        return
    try:
        write_arrivals_to(-1)
        close_from(3)  # of the container, its clients, and the daemons
        os.setsid()
        os.nice(10)
        compress_rotated(settings.path, settings.max_files)
    except BaseException as error:
        place.report(error)
    finally:
        os._exit(0)
