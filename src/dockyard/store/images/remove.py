"""`docker rmi`: which names and images go, and what forbids it. Docker's rules and words.

Conflicts: an image with children, or used by a running container, can't be forced away; one with other names, or used
by a stopped container, can. Removing a name removes the image only when that was its last one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dockyard.errors import Conflict
from dockyard.store.distribution.reference import Reference, parse_reference
from dockyard.store.images.store import ImageStore


@dataclass(frozen=True, slots=True)
class ContainerUse:
    """A container that uses an image. `mounted` when it only mounts it (`--mount type=image`)."""

    container_id: str
    running: bool
    mounted: bool = False


Users = Callable[[str], list[ContainerUse]]
"""Given an image id: the containers that use it."""


class RemovedKind(Enum):
    """The two words that `docker rmi` prints."""

    UNTAGGED = "Untagged"
    DELETED = "Deleted"


@dataclass(frozen=True, slots=True)
class Removed:
    """One line of `docker rmi`; `image_id` is the image that it belongs to (for events)."""

    kind: RemovedKind
    name: str
    image_id: str


class _Refused(Conflict):
    """A conflict; `used` when a container is the reason."""

    def __init__(self, image_id: str, hard: bool, used: bool, reason: str) -> None:
        force = "cannot be forced" if hard else "must be forced"
        super().__init__(f"conflict: unable to delete {short(image_id)} ({force}) - {reason}")
        self.used = used


def remove_image(store: ImageStore, name: str, *, force: bool, prune: bool, users: Users) -> list[Removed]:
    """Remove what `name` means. `prune`: also parents that nobody needs any more.

    Raises NotFound, and Conflict with Docker's reasons. Each step stands in the database by itself: killed in the
    middle, what has been reported is gone and the rest is whole.
    """
    stored = store.get(name)
    image_id = stored.id
    removal = _Removal(store, users)
    references = store.references.of_image(image_id)
    quiet = False
    if not _is_id_prefix(image_id, name):
        using = users(image_id)
        if not force and _is_single(references) and using:
            raise Conflict(
                f'conflict: unable to remove repository reference "{name}" (must force) - container '
                f"{using[0].container_id[:12]} is using its referenced image {short(image_id)}"
            )
        if removal.untag_name(image_id, parse_reference(name).with_default_tag()):
            return removal.lines
        quiet = True
    elif _is_single(references):
        removal.check(image_id, soft=not force, names=False)
        for reference in references:
            removal.untag(image_id, reference)
    removal.delete(image_id, force=force, prune=prune, quiet=quiet)
    return removal.lines


def short(image_id: str) -> str:
    """The twelve digits that users see."""
    return image_id.removeprefix("sha256:")[:12]


class _Removal:
    """One call's steps and what they did."""

    def __init__(self, store: ImageStore, users: Users) -> None:
        self._store = store
        self._users = users
        self.lines: list[Removed] = []

    def untag_name(self, image_id: str, reference: Reference) -> bool:
        """Untag one name; True when others remain, so that the image stays."""
        self.untag(image_id, reference)
        remaining = self._store.references.of_image(image_id)
        same = [other for other in remaining if other.name == reference.name]
        if not reference.digest and all(other.digest for other in same):
            # Only digests of this repository are left: they came with the tag and go with it.
            for other in same:
                self.untag(image_id, other)
                remaining.remove(other)
        return bool(remaining)

    def untag(self, image_id: str, reference: Reference) -> None:
        """Forget a name and report it."""
        self._store.references.delete(reference)
        self.lines.append(Removed(RemovedKind.UNTAGGED, reference.familiar, image_id))

    def check(self, image_id: str, *, soft: bool, names: bool) -> None:
        """Raise Conflict when something forbids deleting; `soft`: also what could be forced; `names`: also other
        names."""
        if self._store.children(image_id):
            raise _Refused(image_id, True, False, "image has dependent child images")
        users = [user for user in self._users(image_id) if not user.mounted]
        for user in users:
            if user.running:
                reason = f"image is being used by running container {user.container_id[:12]}"
                raise _Refused(image_id, True, True, reason)
        if names and soft and self._store.references.of_image(image_id):
            raise _Refused(image_id, False, False, "image is referenced in multiple repositories")
        if soft and users:
            reason = f"image is being used by stopped container {users[0].container_id[:12]}"
            raise _Refused(image_id, False, True, reason)

    def delete(self, image_id: str, *, force: bool, prune: bool, quiet: bool) -> None:
        """Delete an image, then, with `prune`, parents that nothing else needs. `quiet`: a conflict only ends the
        work."""
        try:
            self.check(image_id, soft=not force, names=True)
        except _Refused as refused:
            dangling = not self._store.references.of_image(image_id) and not self._store.children(image_id)
            if quiet and (not dangling or refused.used):
                return
            raise
        parent = self._store.by_id(image_id).parent
        for reference in self._store.references.of_image(image_id):
            self.untag(image_id, reference)
        chains = self._store.delete(image_id)
        self.lines.append(Removed(RemovedKind.DELETED, image_id, image_id))
        self.lines += [Removed(RemovedKind.DELETED, chain, image_id) for chain in chains]
        if prune and parent is not None and self._store.find(parent) is not None:
            self.delete(parent, force=False, prune=True, quiet=True)


def _is_single(references: list[Reference]) -> bool:
    """All names are of one repository, with one tag at most. False when there are none."""
    if len(references) <= 1:
        return len(references) == 1
    tags = [reference for reference in references if not reference.digest]
    digests = {reference.name for reference in references if reference.digest}
    if len(tags) > 1:
        return False
    name = tags[0].name if tags else references[0].name
    return digests == {name}


def _is_id_prefix(image_id: str, text: str) -> bool:
    return image_id.startswith(text) or image_id.removeprefix("sha256:").startswith(text)
