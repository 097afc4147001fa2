"""`--userns-remap`: which ids of the host stand for those of containers.

The grammar is dockerd's: `default` (the user dockremap), `user`, `uid`, `user:group`, `uid:gid`. The subordinate ids of
that user and group, by name or number, are containers' ids from 0 on, range after range (subuid(5), subgid(5)).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import IdMapping

DEFAULT_USER = "dockremap"
LARGEST_RANGES = 340
"""What /proc/PID/uid_map takes."""


@dataclass(frozen=True, slots=True)
class AccountFiles:
    """The texts of the host's files of users, groups and their subordinate ids; empty for a file that isn't there."""

    passwd: str
    group: str
    subuid: str
    subgid: str


@dataclass(frozen=True, slots=True)
class Remap:
    """The mappings of users and groups that containers get."""

    uids: tuple[IdMapping, ...]
    gids: tuple[IdMapping, ...]

    @property
    def root(self) -> tuple[int, int]:
        """User and group on the host that are 0 in a container."""
        return self.uids[0].host_id, self.gids[0].host_id


def parse_remap(text: str, files: AccountFiles) -> Remap:
    """The mappings that `text` asks for. InvalidParameter: a user or group that isn't there or has no such ids."""
    user, colon, group = text.partition(":")
    if not user or (colon and not group) or ":" in group:
        raise InvalidParameter(f'invalid user/group specification in --userns-remap: "{text}"')
    if text == "default":
        user = DEFAULT_USER
    name, uid, gid = _user(user, files.passwd)
    group_name, group_id = _group(group, files.group) if group else _group_of(gid, name, files.group)
    return Remap(
        _mappings(files.subuid, (name, str(uid)), f'No subuid ranges found for user "{name}" in /etc/subuid'),
        _mappings(
            files.subgid, (group_name, str(group_id)), f'No subgid ranges found for group "{group_name}" in /etc/subgid'
        ),
    )


def _user(wanted: str, passwd: str) -> tuple[str, int, int]:
    for fields in _lines(passwd, 4):
        if wanted in (fields[0], fields[2]) and fields[2].isdecimal() and fields[3].isdecimal():
            return fields[0], int(fields[2]), int(fields[3])
    raise InvalidParameter(f'remapped user "{wanted}" is not in /etc/passwd')


def _group(wanted: str, group: str) -> tuple[str, int]:
    for fields in _lines(group, 3):
        if wanted in (fields[0], fields[2]) and fields[2].isdecimal():
            return fields[0], int(fields[2])
    raise InvalidParameter(f'remapped group "{wanted}" is not in /etc/group')


def _group_of(gid: int, user: str, group: str) -> tuple[str, int]:
    """The user's own group; ranges may also stand under the user's name, which is how useradd(8) writes them."""
    for fields in _lines(group, 3):
        if fields[2] == str(gid) and fields[0] == user:
            return user, gid
    return user, gid


def _mappings(text: str, owners: tuple[str, ...], missing: str) -> tuple[IdMapping, ...]:
    ranges = sorted(
        (int(fields[1]), int(fields[2]))
        for fields in _lines(text, 3)
        if fields[0] in owners and fields[1].isdecimal() and fields[2].isdecimal() and int(fields[2]) > 0
    )
    if not ranges:
        raise InvalidParameter(f"Can't create ID mappings: {missing}")
    if len(ranges) > LARGEST_RANGES:
        raise InvalidParameter(f"Can't create ID mappings: more than {LARGEST_RANGES} ranges")
    found: list[IdMapping] = []
    inside = 0
    for first, size in ranges:
        found.append(IdMapping(inside, first, size))
        inside += size
    return tuple(found)


def _lines(text: str, fields: int) -> Iterator[list[str]]:
    """The lines that have at least so many fields; comments and what is damaged are passed over, as shadow(3) does."""
    for line in text.splitlines():
        found = line.strip().split(":")
        if len(found) >= fields and not line.startswith("#"):
            yield found
