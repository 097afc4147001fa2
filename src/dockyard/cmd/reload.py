"""SIGHUP: reads daemon.json again and puts into force what can change while the daemon runs.

A file that is wrong changes nothing; what would need a restart is told in the log. Containers notice neither.
"""

import logging
import os
import time
from collections.abc import Collection, Sequence

from dockyard.cmd.daemon_config import invocation
from dockyard.cmd.daemon_log import set_level
from dockyard.cmd.service_manager import ServiceManager
from dockyard.engine.engine import Engine
from dockyard.errors import DockyardError
from dockyard.server.docker.http.tls import Tls

LOG = logging.getLogger(__name__)

SHORTER_KEYS = {
    "dns_options": "dns-opts",
    "log_options": "log-opts",
    "tls_ca_cert": "tlscacert",
    "tls_cert": "tlscert",
    "tls_key": "tlskey",
    "tls_verify": "tlsverify",
    "plain_tcp_wanted": "tls",
}
"""daemon.json's keys for the fields whose name isn't the key with underscores."""


def reload(engine: Engine, arguments: Sequence[str], manager: ServiceManager, tls: Collection[Tls]) -> None:
    """Reads the configuration that `arguments` and daemon.json make now, and gives it to `engine`; so with `tls`."""
    manager.reloading(time.monotonic_ns())
    try:
        config = invocation(arguments, environment=os.environ).config
        LOG.info("Got signal to reload configuration, reloading from: %s", config.config_file)
        for name in engine.system.reload(config):
            key = SHORTER_KEYS.get(name, name.replace("_", "-"))
            LOG.warning("%s can't be changed while the daemon runs: restart it, containers go on", key)
        set_level(config)
        for one in tls:
            one.read_again()
        LOG.info("Reloaded configuration")
        for warning in config.warnings:
            LOG.warning(warning)
    except DockyardError as error:
        LOG.error("reloading the configuration failed: %s", error)
    finally:
        manager.ready()
