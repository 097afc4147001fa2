"""RUN, CMD, ENTRYPOINT, and WORKDIR, which makes a directory."""

import posixpath

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.heredoc import parse_heredoc
from dockyard.builder.dockerfile.mounts import MountFlag, parse_mount
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.graph import (
    Base,
    BindMount,
    CacheMount,
    InlineFile,
    LocalTree,
    MakeDirectory,
    Mount,
    Run,
    SecretMount,
    SshMount,
    TmpfsMount,
    Transfer,
    Vertex,
)
from dockyard.builder.plan import warnings
from dockyard.builder.plan.configure import quoted
from dockyard.builder.plan.files import source_vertex
from dockyard.builder.plan.state import StageState

SCRIPTS = "/dev/pipes/"
SECRETS = "/run/secrets/"
_SSH_SOCKETS = "/run/buildkit/ssh_agent."


def plan_run(state: StageState, one: types.Run) -> None:
    """RUN."""
    if one.devices:
        # No CDI device is configured, and Docker's own frontend, which isn't of the labs channel, has none either.
        raise DockerfileError("device feature is only supported in Dockerfile frontend 1.14.0-labs or later")
    mounts: list[Mount] = []
    inputs = [state.vertex]
    for text in one.mounts:
        mounts.append(_mount(state, parse_mount(text, state.expand), inputs, len(mounts)))
    words = _words(state, one.command, mounts, inputs)
    args = (*state.shell, *words) if one.command.shell_form and words else words
    environment = state.environment if state.options.is_classic else state.variables
    if state.options.is_classic:
        arguments = state.arguments.environment(environment)
        env = (*state.config.env, *arguments)
    else:
        arguments = state.arguments.current(environment)
        env = tuple(f"{key}={value}" for key, value in environment.items())
    ssh = next((mount.target for mount in mounts if isinstance(mount, SshMount)), None)
    extra = [] if ssh is None or "SSH_AUTH_SOCK" in environment else [f"SSH_AUTH_SOCK={ssh}"]
    operation = Run(
        args,
        (*env, *extra),
        state.config.working_dir or "/",
        state.config.user,
        one.network if one.network != "default" else state.options.network,
        one.security == "insecure",
        tuple(mounts),
        tuple(state.arguments.hidden(environment)),
        state.options.sandbox,
    )
    vertex = state.vertex_of(operation, *inputs, span=one.line.span, name=state.shown(str(one), raw_quotes=True))
    state.command(one, vertex, args, arguments, counted=state.options.is_classic and bool(operation.hidden_env))


def _words(state: StageState, command: types.Command, mounts: list[Mount], inputs: list[Vertex]) -> tuple[str, ...]:
    if not command.files:
        return command.words
    first = command.files[0]
    if parse_heredoc(command.words[0]) is None:  # the shell reads them itself
        return ("".join([command.words[0], *(f"\n{file.content}{file.name}" for file in command.files)]),)
    if not first.text.startswith("#!"):
        return (first.text,)
    data = first.text.encode("utf-8", "surrogateescape")
    script = Transfer("COPY", (), "/", (InlineFile(first.name, data),), chmod="0755")
    inputs.append(state.vertex_of(script, state.vertex_of(Base(None)), name="preparing inline document"))
    mounts.append(BindMount(SCRIPTS, len(inputs) - 1))
    return (SCRIPTS + first.name,)


def _mount(state: StageState, flag: MountFlag, inputs: list[Vertex], number: int) -> Mount:
    match flag.type:
        case "secret":
            return _secret(state, flag)
        case "ssh":
            target = state.absolute(flag.target) if flag.target else f"{_SSH_SOCKETS}{number}"
            mode = 0o600 if flag.mode is None else flag.mode
            return SshMount(target, flag.id or "default", flag.required, mode, flag.uid or 0, flag.gid or 0)
    target = state.absolute(flag.target).rstrip("/")
    if not flag.target or not target:
        raise DockerfileError(f'invalid mount target "{flag.target or "/"}"')
    if flag.type == "tmpfs":
        return TmpfsMount(target, flag.size_bytes)
    source = posixpath.normpath("/" + flag.source)
    at = 0
    if flag.type == "bind" or flag.origin:
        vertex = source_vertex(state, flag.origin) if flag.origin else state.vertex_of(LocalTree("context"))
        inputs.append(vertex)
        at = len(inputs) - 1
    if flag.type == "bind":
        return BindMount(target, at, source, bool(flag.readonly))
    return CacheMount(
        target,
        f"{state.options.cache_namespace}/{flag.id or posixpath.normpath(target)}",
        flag.sharing or "shared",
        at,
        source,
        0o755 if flag.mode is None else flag.mode,
        flag.uid or 0,
        flag.gid or 0,
        bool(flag.readonly),
    )


def _secret(state: StageState, flag: MountFlag) -> SecretMount:
    name = flag.id or flag.source or posixpath.basename(flag.target)
    env = "" if flag.env is None else flag.env or name
    target = state.absolute(flag.target) if flag.target else ("" if env else SECRETS + posixpath.basename(name))
    mode = 0o400 if flag.mode is None else flag.mode
    return SecretMount(target, name, env, flag.required, mode, flag.uid or 0, flag.gid or 0)


def plan_cmd(state: StageState, one: types.Cmd) -> None:
    """CMD."""
    words = _command(state, one.command)
    # BuildKit marks every CMD as one whose words need no quoting for Windows.
    state.config = state.config._replace(cmd=words, args_escaped=not state.options.is_classic)
    state.nop(one, f"CMD {quoted(words)}")
    state.cmd_set = state.cmd_set or bool(one.command.words)


def plan_entrypoint(state: StageState, one: types.Entrypoint) -> None:
    """ENTRYPOINT. A CMD that the base image brought would be arguments of another program: it goes."""
    words = _command(state, one.command)
    escaped = state.config.args_escaped and not state.options.is_classic
    state.config = state.config._replace(entrypoint=words, args_escaped=escaped)
    if not state.cmd_set:
        state.config = state.config._replace(cmd=None)
    state.nop(one, f"ENTRYPOINT {quoted(words)}")


def _command(state: StageState, command: types.Command) -> tuple[str, ...]:
    if not command.shell_form:
        return command.words
    if not command.words and not state.options.is_classic:
        return (*state.shell, "")
    return (*state.shell, *command.words)


def plan_workdir(state: StageState, one: types.Workdir) -> None:
    """WORKDIR: relative to the one before."""
    given = state.expand(one.path)
    if not given:
        raise DockerfileError("cannot normalize nothing")
    warnings.workdir(state, one, given)
    whole = state.absolute(given).rstrip("/") or "/"
    path, owner = whole, ""
    if not state.options.is_classic:  # BuildKit keeps an absolute path as it stands, and makes it the user's
        path = given if given.startswith("/") else whole
        owner = state.config.user
    state.config = state.config._replace(working_dir=path)
    made, shown = MakeDirectory(whole, owner, state.options.is_classic), state.shown(str(one))
    vertex = state.vertex_of(made, state.vertex, span=one.line.span, name=shown)
    state.files(one, vertex, f"WORKDIR {path}", f"WORKDIR {path}")
