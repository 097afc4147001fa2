"""Folders of ours that the daemon reads blobs from and writes them to: caches, layouts as contexts and as results."""

import base64
import binascii
import json
import logging
import os
from collections.abc import Iterable, Mapping

from dockyard.client.build.oci_layout import digest_of, name
from dockyard.client.build.request import BuildRequest, Cache
from dockyard.errors import DockyardError, InvalidParameter, SystemFailure

LOG = logging.getLogger(__name__)


class Stores:
    """`folders`: by the name by which the daemon asks. `cache_from`: what of the request's caches is there."""

    def __init__(self, request: BuildRequest, layouts: Mapping[str, str], results: Iterable[str]) -> None:
        """layouts: contexts by id; results: folders for images. Raises InvalidParameter for caches without a folder."""
        self.folders = {f"oci:{key}": folder for key, folder in layouts.items()}
        self._results = list(results)
        self._caches: list[tuple[str, str]] = []
        for folder in self._results:
            if "export" in self.folders:
                raise InvalidParameter("only one image may be written into a folder")
            self._writable("export", folder)
        for cache in request.cache_to:
            if cache.type == "local":
                folder = _folder(cache, "dest", "exporter")
                self._writable(f"local:{folder}", folder)
                self._caches.append((folder, cache.attributes.get("tag") or "latest"))
            elif cache.type == "registry" and not cache.attributes.get("ref"):
                raise InvalidParameter("registry cache exporter requires ref")
        self.cache_from = tuple(found for cache in request.cache_from if (found := self._readable(cache)))

    def name_results(self, answers: Mapping[str, str]) -> None:
        """Writes down in the folders' indexes what the daemon has put there. Raises SystemFailure."""
        try:
            if self._caches and answers.get("cache.manifest"):
                for folder, tag in self._caches:
                    name(folder, json.loads(answers["cache.manifest"]), tags=[tag])
            if self._results and answers.get("containerimage.descriptor"):
                descriptor = json.loads(base64.b64decode(answers["containerimage.descriptor"]))
                names = [one for one in answers.get("image.name", "").split(",") if one]
                for folder in self._results:
                    name(folder, descriptor, names=names, tags=() if names else ("latest",))
        except (ValueError, binascii.Error) as error:
            raise SystemFailure(f"the daemon's descriptor can't be read: {error}") from error

    def _writable(self, store: str, folder: str) -> None:
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise SystemFailure(f"mkdir {folder}: {error.strerror}") from error
        self.folders[store] = folder

    def _readable(self, cache: Cache) -> Cache | None:
        """The cache as the daemon wants it; None for a folder that has none yet: builds begin without a cache."""
        if cache.type == "registry" and not cache.attributes.get("ref"):
            raise InvalidParameter("registry cache importer requires ref")
        if cache.type != "local":
            return cache
        folder = _folder(cache, "src", "importer")
        try:
            digest = cache.attributes.get("digest") or digest_of(folder, cache.attributes.get("tag") or "latest")
        except DockyardError as error:
            LOG.warning("local cache import at %s skipped due to err: %s", folder, error)
            return None
        if not digest or not os.path.exists(f"{folder}/blobs/{digest.replace(':', '/')}"):
            LOG.warning("local cache import at %s skipped: no digest found", folder)
            return None
        self.folders[f"local:{folder}"] = folder
        return Cache("local", {**cache.attributes, "digest": digest})


def _folder(cache: Cache, key: str, what: str) -> str:
    folder = cache.attributes.get(key, "")
    if not folder:
        raise InvalidParameter(f"local cache {what} requires {key}")
    return folder
