"""An image's configuration to the bytes whose digest is its id."""

import json

from dockyard.spec.image.config import Image, image_to_json


def config_bytes(image: Image) -> bytes:
    """The JSON as Go would write it: no spaces, UTF-8, keys in the order of `image_to_json`."""
    return json.dumps(image_to_json(image), separators=(",", ":"), ensure_ascii=False).encode()
