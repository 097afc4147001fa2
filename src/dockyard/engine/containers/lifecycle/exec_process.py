"""The OCI process of something that is executed in a running container: its rights, user, variables and directory."""

from collections.abc import Sequence

from dockyard.engine.containers.lifecycle.bundle import linked_environment
from dockyard.engine.containers.record import Container
from dockyard.engine.containers.rootfs_files import read_from_process
from dockyard.engine.containers.services import Services
from dockyard.engine.containers.spec.build import build_exec_process
from dockyard.engine.containers.spec.process import environment, merged
from dockyard.engine.containers.spec.user import resolve_user
from dockyard.spec.runtime import Process


def exec_process(
    services: Services,
    record: Container,
    *,
    args: Sequence[str],
    env: Sequence[str] = (),
    user: str = "",
    cwd: str = "",
    tty: bool = False,
    console_size: tuple[int, int] = (0, 0),
    privileged: bool = False,
) -> Process:
    """The process; what is left open is the container's own. InvalidParameter for a user that its root doesn't know."""
    pid = record.state.pid
    groups = record.host_config.group_add or ()
    found = resolve_user(user or record.config.user, groups, lambda path: read_from_process(pid, path))
    own = record.config.env or ()
    base = environment((*linked_environment(services, record), *own), record.config.hostname, tty, found.home)
    variables = merged(base, env)
    home = f"HOME={found.home}"
    if home in variables and home not in (*own, *env):  # a default comes last, after what the exec sets
        variables = (*(one for one in variables if one != home), home)
    return build_exec_process(
        record,
        args=args,
        env=variables,
        cwd=cwd,
        user=found,
        tty=tty,
        console_size=console_size,
        privileged=privileged,
        daemon=services.daemon,
        machine=services.machine,
    )


def exec_action(verb: str, words: Sequence[str]) -> str:
    """The event that tells what is executed; a program without arguments has a space behind it, as in Docker."""
    return f"{verb}: {words[0]} {' '.join(words[1:])}"
