"""Digests: `algorithm:hex`, as in the OCI image-spec v1.1, descriptor.md, "Digests". Only sha256 is used for what we
write."""

import hashlib
import re

from dockyard.errors import InvalidParameter

_DIGEST = re.compile(r"sha256:[a-f0-9]{64}\Z")


def is_digest(text: str) -> bool:
    """Whether `text` is a digest in the form that this store keeps."""
    return _DIGEST.match(text) is not None


def hex_of(digest: str) -> str:
    """The hexadecimal part. Raises InvalidParameter for what isn't a sha256 digest: it becomes part of a path."""
    if not is_digest(digest):
        raise InvalidParameter(f"invalid checksum digest format: {digest[:200]!r}")
    return digest[7:]


def digest_of(data: bytes) -> str:
    """The digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
