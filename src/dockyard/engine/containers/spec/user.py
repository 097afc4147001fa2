"""Who a container's process runs as: `USER`, `--user` and `--group-add` resolved against the root file system.

The grammar is Docker's: empty, `uid`, `name`, `uid:gid`, `name:group`. Names are looked up in the root's own
/etc/passwd and /etc/group, whose text is hostile: unreadable lines are skipped, as libc does (passwd(5), group(5)).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dockyard.errors import InvalidParameter

LARGEST_ID = 2**31 - 1

ReadFile = Callable[[str], str]
"""Text of a file of the container's root, "" when there is none."""


@dataclass(frozen=True, slots=True)
class ResolvedUser:
    """Numeric credentials, and the home directory that HOME is set to."""

    uid: int
    gid: int
    additional_gids: tuple[int, ...]
    home: str


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    uid: int
    gid: int
    home: str


def resolve_user(user: str, group_add: tuple[str, ...], read_file: ReadFile) -> ResolvedUser:
    """Credentials for `user`; InvalidParameter, in Docker's words, for names that the root doesn't know."""
    name, _, group = user.partition(":")
    name = name or "0"
    accounts = list(_accounts(read_file("/etc/passwd")))
    groups = list(_groups(read_file("/etc/group")))
    account = _find_account(name, accounts)
    gid = _find_group(group, groups) if group else account.gid
    # The primary group too: otherwise a file that denies it something may be had through setgroups (CVE-2022-36109).
    additional: dict[int, None] = {gid: None}
    if not group:  # as in Docker: an explicit group means that group alone
        additional |= {found: None for _, found, members in groups if account.name and account.name in members}
    for wanted in group_add:
        additional[_find_group(wanted, groups)] = None
    return ResolvedUser(account.uid, gid, tuple(additional), account.home)


def _find_account(name: str, accounts: list[_Account]) -> _Account:
    for account in accounts:
        if account.name == name or (name.isdecimal() and account.uid == int(name)):
            return account
    if name.isdecimal():
        return _Account("root" if int(name) == 0 else "", _checked_id(int(name)), 0, "/root" if int(name) == 0 else "/")
    _refuse_negative(name)
    raise InvalidParameter(f"unable to find user {name}: no matching entries in passwd file")


def _find_group(group: str, groups: list[tuple[str, int, tuple[str, ...]]]) -> int:
    for name, gid, _ in groups:
        if name == group:
            return gid
    if group.isdecimal():
        return _checked_id(int(group))
    _refuse_negative(group)
    raise InvalidParameter(f"unable to find group {group}: no matching entries in group file")


def _refuse_negative(text: str) -> None:
    if text.startswith("-") and text[1:].isdecimal():
        _checked_id(int(text))


def _checked_id(number: int) -> int:
    if not 0 <= number <= LARGEST_ID:
        raise InvalidParameter("uids and gids must be in range 0-2147483647")
    return number


def _accounts(text: str) -> Iterator[_Account]:
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 6 and fields[2].isdecimal() and fields[3].isdecimal():
            yield _Account(fields[0], _checked_id(int(fields[2])), _checked_id(int(fields[3])), fields[5] or "/")


def _groups(text: str) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 4 and fields[2].isdecimal():
            yield fields[0], _checked_id(int(fields[2])), tuple(fields[3].split(","))
