"""COPY and ADD."""

import posixpath
from urllib.parse import urlsplit

from dockyard.builder.context.git_url import parse_git_url
from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.graph import Base, GitTree, HttpTree, InlineFile, LocalTree, Selection, Stack, Transfer, Vertex
from dockyard.builder.ops.mode import check_mode
from dockyard.builder.plan.state import LABEL_MARK, StageState

UNNAMED = "__unnamed__"


def plan_copy(state: StageState, one: types.Copy) -> None:
    """COPY."""
    origin = source_vertex(state, one.origin) if one.origin else None
    sources = [state.expand(source) for source in one.sources]
    prefix = "COPY failed: " if state.options.is_classic else ""
    for source in sources:
        if parse_git_url(source) is not None and not (state.options.is_classic and is_url(source)):
            raise DockerfileError("source can't be a git ref for COPY")
        if is_url(source):
            raise DockerfileError(f"{prefix}source can't be a URL for COPY")
    inputs = [state.vertex]
    selections: tuple[Selection, ...] = ()
    if sources:
        inputs.append(origin or state.vertex_of(LocalTree("context")))
        selections = (Selection(1, tuple(sources), parents=one.parents),)
    _plan(state, one, "COPY", inputs, selections)


def plan_add(state: StageState, one: types.Add) -> None:
    """ADD: repositories, downloads, and files of the context, of which archives are unpacked."""
    sources = [state.expand(source) for source in one.sources]
    checksum = state.expand(one.checksum)
    if checksum and len(sources) != 1:
        raise DockerfileError("checksum can't be specified for multiple sources")
    inputs = [state.vertex]
    selections: list[Selection] = []
    for source in sources:
        remote = _remote(source, one, checksum)
        if remote is None:
            if checksum:
                raise DockerfileError("checksum requires HTTP(S) or Git sources")
            inputs.append(state.vertex_of(LocalTree("context")))
            unpack = one.unpack is not False
            selections.append(Selection(len(inputs) - 1, (source,), unpack=unpack))
            continue
        inputs.append(state.vertex_of(remote, span=one.line.span, name=source))
        if isinstance(remote, HttpTree):
            if one.destination.endswith("/") and remote.filename == UNNAMED:
                raise DockerfileError(f"cannot determine filename for source {source}")
            unpack = one.unpack is True
            selections.append(Selection(len(inputs) - 1, (remote.filename,), unpack=unpack, download=True))
        else:
            selections.append(Selection(len(inputs) - 1, ("/",), whole=True))
    _plan(state, one, "ADD", inputs, tuple(selections))


def _remote(source: str, one: types.Add, checksum: str) -> HttpTree | GitTree | None:
    repository = parse_git_url(source)
    if repository is not None:
        return GitTree(
            repository.remote,
            repository.reference,
            repository.subdirectory,
            bool(one.keep_git_dir),
            checksum,
        )
    if not is_url(source):
        return None
    if checksum and not checksum.startswith("sha256:"):
        raise DockerfileError("unsupported digest algorithm")
    name = posixpath.basename(urlsplit(source).path.rstrip("/") if source.endswith("/") else urlsplit(source).path)
    return HttpTree(source, name or UNNAMED, checksum)


def is_url(text: str) -> bool:
    """Whether a source is downloaded."""
    return text.startswith(("http://", "https://"))


def _plan(
    state: StageState, one: types.Transfer, keyword: str, inputs: list[Vertex], selections: tuple[Selection, ...]
) -> None:
    chown, chmod = state.expand(one.chown), state.expand(one.chmod)
    if chmod:
        check_mode(chmod)
    destination = state.absolute(state.expand(one.destination))
    count = sum(len(selection.paths) for selection in selections) + len(one.contents)
    if count > 1 and not destination.endswith("/") and state.options.is_classic:
        raise DockerfileError(
            f"When using {keyword} with more than one source file, the destination must be a directory and end with a /"
        )
    operation = Transfer(
        keyword,
        selections,
        destination,
        _inline(state, one),
        chown,
        chmod,
        tuple(state.expand(pattern) for pattern in one.excludes),
        keep_owner=isinstance(one, types.Copy) and bool(one.origin) and not chown,
        link=one.link,
        strict=state.options.is_classic,
    )
    name = state.shown(str(one))
    if one.link and not _names_somebody(chown):
        # Made on nothing, so that it stays whatever it is put on.
        nothing = state.vertex_of(Base(None))
        made = state.vertex_of(operation, nothing, *inputs[1:], span=one.line.span, name=name)
        vertex = state.vertex_of(Stack(), state.vertex, made, span=one.line.span, name=f"LINK {name}")
    else:
        vertex = state.vertex_of(operation, *inputs, span=one.line.span, name=name)
    told = [keyword, "--parents"] if isinstance(one, types.Copy) and one.parents else [keyword]
    told += [f"--chown={chown}"] if chown else []
    told += [f"--chmod={chmod}"] if chmod else []
    shown = [state.expand(source) for source in one.sources] + [f"<<{document.name}" for document in one.contents]
    owner = f"--chown={chown} " if chown else ""
    classic = f"{keyword} {owner}{LABEL_MARK} in {destination} "
    state.files(one, vertex, " ".join([*told, *shown, state.expand(one.destination)]), classic)


def _names_somebody(chown: str) -> bool:
    """Whether an owner is a name, which only the image knows."""
    return any(part and not part.isdigit() for part in chown.split(":"))


def _inline(state: StageState, one: types.Transfer) -> tuple[InlineFile, ...]:
    files = []
    for document in one.contents:
        text = state.expand_document(document.text) if document.expands else document.text
        name = posixpath.basename(document.name)
        if not name or name in (".", ".."):
            raise DockerfileError(f"{document.name!r} can't be the name of a file")
        files.append(InlineFile(name, text.encode("utf-8", "surrogateescape")))
    return tuple(files)


def source_vertex(state: StageState, name: str) -> Vertex:
    """What `--from=name` and a mount's `from` mean."""
    outline = state.outline
    origin = outline.origin(name, state.index)
    if isinstance(origin, str) and state.options.contexts.get(origin) == "files":
        return state.vertex_of(LocalTree(origin))
    if isinstance(origin, int):
        return state.finished[origin]
    image = outline.images[origin, outline.platform_of(state.index)]
    return state.vertex_of(Base(image.chain_id, origin))
