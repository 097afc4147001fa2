"""Exporters given an engine: its stores, its names, and registries with the client's credentials."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from dockyard.builder.export.config import LayerNote
from dockyard.builder.export.contract import Receiver, Report
from dockyard.builder.export.exporters import ExportTools
from dockyard.engine.builds.parts import Parts
from dockyard.engine.timestamps import rfc3339
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.push.parcel import Parcel

if TYPE_CHECKING:
    from dockyard.store.distribution.registry.credentials import Credentials

CredentialsFor = Callable[[Reference], "Awaitable[Credentials]"]
"""Who the client is at a registry: its session is asked."""


def export_tools(builds: Parts, receiver: Receiver, credentials: CredentialsFor) -> ExportTools:
    """What the exporters of one build work with."""
    services = builds.services

    async def tag(image_id: str, name: Reference) -> None:
        await services.images.tag(image_id, name.familiar_name, name.tag)

    async def push(name: str, parcel: Parcel, *, by_digest: bool, insecure: bool, report: Report) -> None:
        reference = parse_reference(name).with_default_tag()
        with report.step(f"pushing {name}") as moved:
            await builds.registries.for_builds().send(
                reference,
                parcel,
                await credentials(reference),
                lambda digest, current, total: moved(current, total),  # noqa: ARG005
                by_digest=by_digest,
                insecure=insecure,
            )

    return ExportTools(
        builds.store.images,
        builds.store.content,
        services.images.platform,
        receiver,
        push,
        tag,
        layer_notes(builds),
        services.clock_ns,
    )


def layer_notes(builds: Parts) -> Callable[[str], LayerNote | None]:
    """When layers were made and by what, as the build cache knows it."""

    def note(chain_id: str) -> LayerNote | None:
        record = builds.cache.first_of(chain_id)
        if record is None:
            return None
        diff_id = builds.store.layers.get(chain_id).diff_id
        return LayerNote(diff_id, rfc3339(record.created_ns), record.description)

    return note
