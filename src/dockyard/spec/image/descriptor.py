"""Media types and content descriptors. oci image-spec v1.1, media-types.md and descriptor.md; Docker's schema 2
names."""

from typing import Any, Final, NamedTuple

from dockyard.spec.image.fields import Json, expect_object, integer, string_map, strings, text, without_empty

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar"

INDEX_TYPES: Final = frozenset((OCI_INDEX, DOCKER_INDEX))
MANIFEST_TYPES: Final = frozenset((OCI_MANIFEST, DOCKER_MANIFEST))
CONFIG_TYPES: Final = frozenset((OCI_CONFIG, DOCKER_CONFIG))

REF_NAME: Final = "org.opencontainers.image.ref.name"
"""Annotation of a layout's index: the tag (or whatever the writer calls a reference)."""
REFERENCE_TYPE: Final = "vnd.docker.reference.type"
"""Annotation of a descriptor in an index that is no image's: what it is, `attestation-manifest`."""
REFERENCE_DIGEST: Final = "vnd.docker.reference.digest"
"""And the digest of the manifest that it is about."""
CONTAINERD_NAME: Final = "io.containerd.image.name"
"""Annotation of archives by containerd and Docker: the canonical name with its tag."""


class Platform(NamedTuple):
    """What an image runs on."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    os_version: str = ""


class Descriptor(NamedTuple):
    """A blob by media type, digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = {}  # noqa: RUF012  never changed
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    artifact_type: str = ""

    def to_json(self) -> Json:
        """The JSON object, keys in the specification's order."""
        obj: Json = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        optional = {
            "urls": list(self.urls),
            "annotations": self.annotations,
            "platform": self.platform and platform_to_json(self.platform),
            "artifactType": self.artifact_type,
        }
        return obj | without_empty(optional)


def platform_to_json(platform: Platform) -> Json:
    """The JSON object, keys in the specification's order."""
    return without_empty(
        {
            "architecture": platform.architecture,
            "os": platform.os,
            "os.version": platform.os_version,
            "variant": platform.variant,
        }
    )


def descriptor_from_json(value: Any) -> Descriptor:
    """A descriptor. Raises InvalidParameter naming the field."""
    obj = expect_object(value, "descriptor")
    platform = obj.get("platform")
    return Descriptor(
        text(obj, "mediaType"),
        text(obj, "digest"),
        integer(obj, "size"),
        string_map(obj, "annotations"),
        None if platform is None else _platform(expect_object(platform, "platform")),
        strings(obj, "urls"),
        text(obj, "artifactType"),
    )


def _platform(obj: Json) -> Platform:
    return Platform(text(obj, "architecture"), text(obj, "os"), text(obj, "variant"), text(obj, "os.version"))
