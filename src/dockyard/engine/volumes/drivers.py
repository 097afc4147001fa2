"""The drivers by name: `local`, and the plugins that are there at the moment."""

import logging
from collections.abc import Sequence

from dockyard.engine.volumes.driver import VolumeDriver
from dockyard.engine.volumes.local import LocalDriver
from dockyard.engine.volumes.plugin_files import PluginDirectories
from dockyard.errors import DockyardError, NotFound

LOG = logging.getLogger(__name__)


class VolumeDrivers:
    """All drivers. A plugin's code is loaded when there is one."""

    def __init__(self, local: LocalDriver, plugins: PluginDirectories) -> None:
        self._local = local
        self._plugins = plugins
        self._known: dict[str, VolumeDriver] = {}

    def get(self, name: str) -> VolumeDriver:
        """The driver `name`; NotFound in Docker's words."""
        if name in ("", self._local.name):
            return self._local
        address = self._plugins.find(name)
        if address is None:
            self._known.pop(name, None)
            raise NotFound(f'error looking up volume plugin {name}: plugin "{name}" not found')
        from dockyard.engine.volumes.plugin import PluginDriver

        return self._known.setdefault(name, PluginDriver(address))

    async def plugins(self) -> Sequence[VolumeDriver]:
        """The plugins that are volume drivers and answer."""
        found = []
        for address in self._plugins.all():
            from dockyard.engine.volumes.plugin import PluginDriver

            driver = PluginDriver(address)
            try:
                if await driver.is_volume_driver():
                    found.append(driver)
            except DockyardError as error:
                LOG.warning("volume plugin %s: %s", address.name, error)
        return found
