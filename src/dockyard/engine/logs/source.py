"""Where a container's log lies, and in which format: depends on its driver.

json-file       <container>/<id>-json.log             the only one whose path users are told (Docker's LogPath)
local           <container>/local-logs/container.log
syslog and the  <container>/container-cached.log      what `docker logs` reads; none with cache-disabled=true
like
none            nothing

https://github.com/moby/moby/blob/v28.5.2/container/container.go (StartLogger)
"""

from typing import NamedTuple

from dockyard.engine.containers.record import Container
from dockyard.engine.logs.entries import EntryFormat
from dockyard.engine.logs.json_file import JsonFile
from dockyard.engine.logs.local_file import LocalFile
from dockyard.logdrivers.values import boolean

LOCAL_LOG = "local-logs/container.log"
CACHED_LOG = "container-cached.log"


class LogSource(NamedTuple):
    """The path of the newest file, and what all files consist of."""

    path: str
    form: EntryFormat


def log_source(record: Container, directory: str) -> LogSource | None:
    """The log of the container whose files are in `directory`; None when it keeps none that could be read."""
    driver = record.host_config.log_config.type
    options = record.host_config.log_config.config or {}
    if driver == "json-file":
        return LogSource(record.log_path, JsonFile())
    if driver == "local":
        return LogSource(f"{directory}/{LOCAL_LOG}", LocalFile())
    if driver == "none" or boolean(options.get("cache-disabled") or "false"):
        return None
    return LogSource(f"{directory}/{CACHED_LOG}", LocalFile())
