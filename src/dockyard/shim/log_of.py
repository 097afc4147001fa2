"""The log that a container's settings ask for."""

from dockyard.errors import InvalidParameter
from dockyard.shim.json_log import JsonLog
from dockyard.shim.log_rotation import RotatingFile
from dockyard.shim.messages import LogSettings
from dockyard.shim.place import Place


def open_log(settings: LogSettings, place: Place) -> JsonLog | None:
    """The log, opened for appending; None for the driver `none`.

    Raises:
        InvalidParameter: there is no such driver.
        OSError: the file can't be opened.
    """
    if settings.driver == "none":
        return None
    if settings.driver != "json-file":
        raise InvalidParameter(f"logger: no log driver named '{settings.driver}' is registered")
    file = RotatingFile(settings.path, settings.max_size_bytes, settings.max_files, place.report)
    return JsonLog(file, settings.attributes, place.clock)
