"""The drivers by name: `local`, and the plugins that are there at the moment."""

import logging
from collections.abc import Sequence

from dockyard.engine.volumes.driver import Found, VolumeDriver
from dockyard.engine.volumes.local import LocalDriver
from dockyard.engine.volumes.plugin_files import PluginDirectories
from dockyard.errors import DockyardError, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockyard.engine.volumes.plugin import PluginDriver

LOG = logging.getLogger(__name__)


class VolumeDrivers:
    """All drivers. A plugin's code is loaded when there is one."""

    def __init__(self, local: LocalDriver, plugins: PluginDirectories) -> None:
        self._local = local
        self._plugins = plugins
        self._known: dict[str, PluginDriver] = {}

    def get(self, name: str) -> VolumeDriver:
        """The driver `name`; NotFound in Docker's words."""
        if name in ("", self._local.name):
            return self._local
        address = self._plugins.find(name)
        if address is None:
            self._known.pop(name, None)
            raise NotFound(f'error looking up volume plugin {name}: plugin "{name}" not found')
        from dockyard.engine.volumes.plugin import PluginDriver

        known = self._known.get(name)
        if known is None or known.address != address:
            known = self._known[name] = PluginDriver(address)
        return known

    async def owner_of(self, name: str) -> "tuple[VolumeDriver, Found] | None":
        """The plugin that knows a volume `name`, and what it says of it."""
        for driver in await self.plugins():
            found = await driver.find(name)
            if found is not None:
                return driver, found
        return None

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
