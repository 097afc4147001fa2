"""OCI image-spec v1.1 and Docker's image JSON as frozen values.

descriptor.py  media types, descriptors      config.py    an image's configuration and history
manifest.py    manifests and indexes         archive.py   manifest.json of `docker save`
"""

from dockyard.spec.image.archive import ArchiveItem, items_from_json, items_to_json
from dockyard.spec.image.config import Healthcheck, History, Image, ImageConfig, RootFS, image_from_json, image_to_json
from dockyard.spec.image.descriptor import Descriptor, Platform, descriptor_from_json
from dockyard.spec.image.manifest import Index, Manifest, index_from_json, manifest_from_json

__all__ = [
    "ArchiveItem",
    "Descriptor",
    "Healthcheck",
    "History",
    "Image",
    "ImageConfig",
    "Index",
    "Manifest",
    "Platform",
    "RootFS",
    "descriptor_from_json",
    "image_from_json",
    "image_to_json",
    "index_from_json",
    "items_from_json",
    "items_to_json",
    "manifest_from_json",
]
