"""Manifests and indexes. oci image-spec v1.1, manifest.md and image-index.md; Docker's schema 2 has the same fields."""

from typing import Any, NamedTuple

from dockyard.spec.image.descriptor import OCI_INDEX, OCI_MANIFEST, Descriptor, descriptor_from_json
from dockyard.spec.image.fields import Json, expect_object, items, string_map, text, without_empty


class Manifest(NamedTuple):
    """One image: its configuration and its layers' blobs, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    media_type: str = OCI_MANIFEST
    annotations: dict[str, str] = {}  # noqa: RUF012  never changed
    artifact_type: str = ""
    subject: Descriptor | None = None
    """What an artifact is about."""

    def to_json(self) -> Json:
        """The JSON object."""
        return {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            **without_empty({"artifactType": self.artifact_type}),
            "config": self.config.to_json(),
            "layers": [layer.to_json() for layer in self.layers],
            **({} if self.subject is None else {"subject": self.subject.to_json()}),
            **without_empty({"annotations": self.annotations}),
        }


class Index(NamedTuple):
    """Several manifests: platforms of one image, or the images of a layout."""

    manifests: tuple[Descriptor, ...]
    media_type: str = OCI_INDEX
    annotations: dict[str, str] = {}  # noqa: RUF012  never changed

    def to_json(self) -> Json:
        """The JSON object."""
        return {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "manifests": [manifest.to_json() for manifest in self.manifests],
            **without_empty({"annotations": self.annotations}),
        }


def manifest_from_json(value: Any) -> Manifest:
    """A manifest. Raises InvalidParameter naming the field."""
    obj = expect_object(value, "manifest")
    return Manifest(
        descriptor_from_json(obj.get("config")),
        items(obj, "layers", descriptor_from_json),
        text(obj, "mediaType") or OCI_MANIFEST,
        string_map(obj, "annotations"),
        text(obj, "artifactType"),
        None if obj.get("subject") is None else descriptor_from_json(obj["subject"]),
    )


def index_from_json(value: Any) -> Index:
    """An index. Raises InvalidParameter naming the field."""
    obj = expect_object(value, "index")
    return Index(
        items(obj, "manifests", descriptor_from_json),
        text(obj, "mediaType") or OCI_INDEX,
        string_map(obj, "annotations"),
    )
