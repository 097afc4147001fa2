"""The process that `exec` runs: the container's own as the pattern, changed by what the flags say."""

from collections.abc import Sequence

from dockyard.cmd.runc.flags import Values
from dockyard.errors import InvalidParameter
from dockyard.spec.runtime import Capabilities, Process, User


def process_from_flags(pattern: Process, command: Sequence[str], values: Values) -> Process:
    """The process.

    Args:
        pattern: the container's first process: where nothing is said, environment, directory, user, capabilities,
            limits and labels are taken from it.
        command: program and arguments.
        values: the flags of `exec`.

    Raises:
        InvalidParameter: a user or group that is no number.
    """
    return pattern._replace(
        args=tuple(command),
        terminal=values["tty"],
        console_size=None,
        env=(*pattern.env, *values["env"]),
        cwd=values["cwd"] or pattern.cwd,
        user=_user(pattern.user, values["user"], values["additional-gids"]),
        capabilities=_with_capabilities(pattern.capabilities, values["cap"]),
        no_new_privileges=values["no-new-privs"] or pattern.no_new_privileges,
        apparmor_profile=values["apparmor"] or pattern.apparmor_profile,
        selinux_label=values["process-label"] or pattern.selinux_label,
    )


def _user(pattern: User, text: str, additional: Sequence[str]) -> User:
    user = pattern
    if text:
        uid, colon, gid = text.partition(":")
        user = user._replace(uid=_number(uid, "uid"))
        if colon:
            user = user._replace(gid=_number(gid, "gid"))
    if additional:
        groups = tuple(_number(group, "gid") for group in additional)
        user = user._replace(additional_gids=(*user.additional_gids, *groups))
    return user


def _number(text: str, kind: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InvalidParameter(
            f'parsing {text} as int for {kind} failed: strconv.Atoi: parsing "{text}": invalid syntax'
        )
    return int(text)


def _with_capabilities(pattern: Capabilities | None, added: Sequence[str]) -> Capabilities | None:
    """All sets but the inheritable one get the further capabilities, so that a user other than root has them too."""
    if not added:
        return pattern
    sets = pattern or Capabilities()
    names = tuple(added)
    return sets._replace(
        bounding=(*sets.bounding, *names),
        effective=(*sets.effective, *names),
        permitted=(*sets.permitted, *names),
        ambient=(*sets.ambient, *names),
    )
