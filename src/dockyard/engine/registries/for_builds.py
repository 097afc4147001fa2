"""Transfers of builds: parcels sent, caches read, layers fetched; nothing of it gets a name here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from dockyard.engine.config import DaemonConfig
from dockyard.engine.in_thread import run_in_own_thread
from dockyard.engine.open_store import Store
from dockyard.errors import DockyardError, SystemFailure
from dockyard.store.distribution.events import Tell
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.credentials import Credentials
from dockyard.store.distribution.registry.failures import RegistryFailure
from dockyard.store.distribution.registry.fallback import from_hosts
from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.repository import FetchedManifest, Repository
from dockyard.store.layers.chain import chain_ids
from dockyard.store.pull.download import Source
from dockyard.store.pull.downloads import Downloads
from dockyard.store.pull.layers import have_layers
from dockyard.store.pull.plan import LayerStep
from dockyard.store.pull.translate import translate
from dockyard.store.push.parcel import Moved, Parcel, ParcelPush
from dockyard.store.push.tools import PushTools, UploadLimits


@dataclass(frozen=True, slots=True)
class BuildTransfers:
    """See the module. `insecure` in its methods: without TLS, too, and whatever the certificate."""

    store: Store
    client: RegistryClient
    downloads: Downloads
    daemon: Callable[[], DaemonConfig]
    now: Callable[[], datetime]

    async def send(
        self,
        reference: Reference,
        parcel: Parcel,
        credentials: Credentials,
        moved: Moved,
        *,
        by_digest: bool = False,
        insecure: bool = False,
    ) -> str:
        """Sends what a build made, under the tag of `reference` or without one; the root's digest.

        Hold a lease on the layers. Raises SystemFailure in the registry's words.
        """
        limits = UploadLimits(self.daemon().max_concurrent_uploads)
        tools = PushTools(self.store.images, self.store.content, self.client, limits, run_in_own_thread, self.now)

        async def to_host(host: Host) -> str:
            await self.client.ping(host)
            return await ParcelPush(tools, host, reference, credentials, moved).send(parcel, by_digest=by_digest)

        try:
            return await from_hosts(self.client, await self._hosts(reference, "push", insecure=insecure), to_host)
        except RegistryFailure as error:
            raise SystemFailure(str(error)) from error

    async def read(
        self, reference: Reference, credentials: Credentials, *, insecure: bool = False
    ) -> tuple[Repository, FetchedManifest]:
        """The manifest or index that `reference` means, and the repository that has it. Raises NotFound,
        SystemFailure, in Docker's words."""

        async def at_host(host: Host) -> tuple[Repository, FetchedManifest]:
            repository = Repository(self.client, host, reference, credentials)
            return repository, await repository.manifest(reference.digest or reference.tag)

        try:
            return await from_hosts(self.client, await self._hosts(reference, "pull", insecure=insecure), at_host)
        except DockyardError as error:
            raise translate(error, reference) from error

    async def have_layers(self, steps: Sequence[LayerStep], source: Source, tell: Tell) -> str:
        """Have these layers, lowest first, from `source` where they aren't here; the uppermost one's chain id.

        Hold a lease on all chain ids. Raises InvalidParameter for a layer that isn't what it should be, and what the
        source raises.
        """
        layers = self.store.layers
        chains = chain_ids(step.diff_id for step in steps)
        there = next((place for place, chain in enumerate(chains) if layers.find(chain) is None), len(chains))
        if there < len(chains):

            def sources(step: LayerStep) -> list[Source]:
                del step
                return [source]

            await have_layers(layers, self.downloads, steps, there, sources, tell, run_in_own_thread)
        return chains[-1]

    async def _hosts(self, reference: Reference, verb: str, *, insecure: bool) -> list[Host]:
        """The hosts that may be asked for this, without TLS where the user says so."""
        hosts = [one for one in await self.client.hosts(reference.domain) if verb in one.verbs]
        if verb == "push":
            hosts = [one for one in hosts if one.own]
        if insecure:
            loose = [replace(one, verify=False) for one in hosts]
            plain = [replace(one, url=f"http://{urlsplit(one.url).netloc}") for one in loose if one.own]
            hosts = list(dict.fromkeys([*loose, *plain]))
        if not hosts:
            raise SystemFailure(f"no endpoints found for {reference.familiar}")
        return hosts
