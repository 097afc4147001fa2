"""`--cache-from`: which cache a type and its attributes mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from dockyard.builder.export.attributes import Attributes
from dockyard.builder.remotecache.contract import CachePlace, CachePlaces
from dockyard.errors import InvalidParameter
from dockyard.store.content.digest import is_digest
from dockyard.store.distribution.reference import parse_reference


@dataclass(frozen=True, slots=True)
class CacheImport:
    """One cache that is asked. `name` as the user gave it."""

    name: str
    place: CachePlace

    @property
    def title(self) -> str:
        """As progress shows it."""
        return f"importing cache manifest from {self.name}"


def cache_import_of(kind: str, attributes: Mapping[str, str], places: CachePlaces) -> CacheImport:
    """The cache. Raises InvalidParameter for types that aren't here (gha, s3, azblob) and for bad attributes."""
    given = Attributes(f"cache {kind}", attributes)
    match kind:
        case "registry":
            return _registry(given, places)
        case "local":
            return _local(given, places)
    raise InvalidParameter(f"unknown cache importer: {kind}")


def _registry(given: Attributes, places: CachePlaces) -> CacheImport:
    name = given.text("ref")
    if not name:
        raise InvalidParameter("registry cache importer requires ref")
    reference = parse_reference(name)
    whole = str(reference if reference.digest else reference.with_default_tag())
    insecure = given.flag("registry.insecure")
    given.end()
    return CacheImport(name, places.registry(whole, insecure=insecure))


def _local(given: Attributes, places: CachePlaces) -> CacheImport:
    folder, digest = given.text("src"), given.text("digest")
    given.text("tag")  # the client has looked it up
    given.end()
    if not digest:
        raise InvalidParameter("local cache importer requires explicit digest")
    if not is_digest(digest):
        raise InvalidParameter(f"invalid digest of a local cache: {digest[:100]}")
    if not folder:
        raise InvalidParameter("local cache importer requires src")
    return CacheImport(f"local:{folder}", places.client(f"local:{folder}", digest))
