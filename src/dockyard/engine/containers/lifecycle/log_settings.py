"""What a container's log driver and its options (docker run, `--log-opt`) mean for the shim.

The shim writes two kinds of files (`dockyard.shim.log_of`): those of json-file, and those of local, which also are the
local cache of drivers that send elsewhere. For the latter each file is in the container's spool, too, where the
forwarder finds it (`dockyard.logdrivers.forward`).
"""

import os

from dockyard.engine.containers.record import Container
from dockyard.engine.containers.services import Services
from dockyard.engine.logs.source import CACHED_LOG, LOCAL_LOG
from dockyard.engine.paths import Paths
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.logdrivers.attributes import attributes, tag
from dockyard.logdrivers.contract import Options, Subject
from dockyard.logdrivers.drivers import DRIVERS, NONE, buffer_bytes, non_blocking
from dockyard.logdrivers.forward.job import Job
from dockyard.logdrivers.options.files import FileSettings, json_file_settings, local_settings
from dockyard.logdrivers.probe import probe
from dockyard.logdrivers.values import boolean
from dockyard.supervisor.client import LogSettings

FAILED = "failed to create task for container: failed to initialize logging driver"
CACHE = "cache-"
UNCACHED_LOG = "unsent.log"
"""With cache-disabled the newest file only has a name in the spool."""


def log_settings(record: Container, paths: Paths) -> LogSettings:
    """The settings of one container's log; InvalidParameter, as from Docker's start, when an option has no meaning."""
    try:
        return _log_settings(record, paths)
    except InvalidParameter as error:
        raise failed_to_begin(error) from error


def failed_to_begin(error: DockyardError) -> DockyardError:
    """`error` in the words in which Docker says at a start that the log driver can't be had."""
    return type(error)(f"{FAILED}: {error}")


async def begin_log(services: Services, record: Container) -> None:
    """Prepares the log of a container that is about to start; nothing is to be done for those that are only files.

    Raises:
        InvalidParameter: an option has no meaning.
        SystemFailure: the receiver isn't there, or the spool can't be made.
    """
    log = record.host_config.log_config
    driver = DRIVERS.get(log.type)
    if driver is None or not driver.sends:
        return
    options = log.config or {}
    subject = subject_of(record)
    try:
        driver.begin(options, subject)
        await probe(log.type, options, subject)
    except DockyardError as error:
        raise failed_to_begin(error) from error
    services.log_forwarder.begin(record.id, Job(log.type, options, subject))


def subject_of(record: Container) -> Subject:
    """The container as log drivers see it."""
    return Subject(
        container_id=record.id,
        name=record.name,
        image_id=record.image_id,
        image_name=record.config.image,
        path=record.path,
        arguments=tuple(record.args),
        created_ns=record.created_at_ns,
        hostname=os.uname().nodename,
        labels=record.config.labels or {},
        env=tuple(record.config.env or ()),
    )


def _log_settings(record: Container, paths: Paths) -> LogSettings:
    log = record.host_config.log_config
    if log.type == NONE:
        return LogSettings()
    options = log.config or {}
    subject = subject_of(record)
    driver = DRIVERS[log.type]
    driver.begin(options, subject)
    directory = paths.container(record.id)
    if log.type == "json-file":
        return _settings("json-file", record.log_path, json_file_settings(options), options, subject)
    if log.type == "local":
        return _settings("local", f"{directory}/{LOCAL_LOG}", local_settings(options), options, subject)
    spool = paths.log_spool(record.id)
    files = local_settings(options, CACHE)
    path = f"{directory}/{CACHED_LOG}"
    if boolean(options.get("cache-disabled") or "false"):
        path, files = f"{spool}/{UNCACHED_LOG}", files._replace(max_files=1, compress=False)
    settings = _settings("local", path, files, options, subject)
    return settings._replace(spool=spool, blocking=not non_blocking(options))


def _settings(form: str, path: str, files: FileSettings, options: Options, subject: Subject) -> LogSettings:
    found = attributes(options, subject)
    if options.get("tag"):
        found["tag"] = tag(options, subject)
    return LogSettings(
        driver=form,
        path=path,
        max_size_bytes=files.max_size_bytes,
        max_files=files.max_files,
        ring_bytes=buffer_bytes(options) if non_blocking(options) else 0,
        attributes=found,
        compress=files.compress,
    )
