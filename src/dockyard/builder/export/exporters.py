"""Which exporter a type and its attributes mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dockyard.builder.export.attributes import Attributes
from dockyard.builder.export.contract import Exporter, Push, Receiver
from dockyard.builder.export.files import LocalExporter, TarExporter
from dockyard.builder.export.image import ImageExporter, Tag
from dockyard.builder.export.layout import LayoutExporter
from dockyard.builder.export.write import ImageWriter, Note
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.store.content import ContentStore
from dockyard.store.images.store import ImageStore


@dataclass(frozen=True, slots=True)
class ExportTools:
    """What exporters work with: the stores, the client, registries. `notes` know when layers were made, `now_ns` what
    time it is, `tag` gives images names."""

    images: ImageStore
    content: ContentStore
    machine: Platform
    receiver: Receiver
    push: Push
    tag: Tag
    notes: Note
    now_ns: Callable[[], int]


def exporter_of(kind: str, attributes: Mapping[str, str], number: int, tools: ExportTools) -> Exporter:
    """The exporter, `number` among those of the build. Raises InvalidParameter for types and attributes that there
    aren't. `cacheonly` needs none: clients leave it away."""
    given = Attributes(kind, attributes)
    layers = tools.images.layers
    writer = ImageWriter(layers, tools.content, tools.notes)
    match kind:
        case "image" | "moby" | "registry":
            return ImageExporter(
                given, writer, tools.images, tools.machine, tools.tag, tools.push, pushes=kind == "registry"
            )
        case "oci" | "docker":
            return LayoutExporter(kind, given, number, writer, layers, tools.content, tools.receiver, tools.now_ns)
        case "local":
            return LocalExporter(given, number, layers, tools.receiver, tools.now_ns)
        case "tar":
            return TarExporter(given, number, layers, tools.receiver, tools.now_ns)
    raise InvalidParameter(f'exporter "{kind}" could not be found')
