"""The Dockerfile of a build and what a `.dockerignore` leaves out, from the client or from where the context is."""

import posixpath
from dataclasses import dataclass

from dockyard.builder.context.archive import read_file
from dockyard.builder.context.git_url import parse_context_url
from dockyard.builder.dockerfile.ignore import NAME, read_patterns
from dockyard.builder.files import Files
from dockyard.builder.frontend.attributes import Attributes
from dockyard.builder.session.files import Wanted
from dockyard.builder.solve.results import Tree, directory_tree
from dockyard.engine.builds.kit.remote import Remote
from dockyard.engine.builds.kit.transfers import Transfers
from dockyard.errors import InvalidParameter, NotFound


@dataclass(frozen=True, slots=True)
class Definition:
    """What a build is defined by. `digest`: of the vertex that it was loaded in, where warnings go.

    `tree`: the main context, when it isn't a directory of the client. `ignored`: what belongs to the Dockerfile alone
    (`Dockerfile.dockerignore`), None when there is none.
    """

    name: str
    data: bytes
    digest: str
    tree: Tree | None
    ignored: bytes | None


async def load(attributes: Attributes, transfers: Transfers, remote: Remote) -> Definition:
    """Find and read it. Raises InvalidParameter in BuildKit's words, and what transfers raise."""
    tree, filename = None, attributes.filename
    digest = ""
    if attributes.context:
        tree, digest, single = await _main_context(attributes, transfers, remote)
        if single and not attributes.dockerfile_apart:
            filename = "context"
    if tree is not None and not attributes.dockerfile_apart:
        return _read(tree.files, filename, digest, tree)
    title = f"[internal] load build definition from {filename}"
    wanted = Wanted(attributes.dockerfile_name, follow=_candidates(filename))
    directory = await transfers.small(wanted, title, "dockerfile")
    return _read(directory_tree(directory).files, filename, transfers.digest(title), tree)


async def load_ignored(attributes: Attributes, transfers: Transfers, definition: Definition) -> list[str]:
    """The patterns of what the main context leaves out. A context that isn't the client's leaves out nothing."""
    if definition.tree is not None:
        return []
    data = definition.ignored
    if data is None:
        wanted = Wanted(attributes.context_name, follow=(NAME,))
        directory = await transfers.small(wanted, f"[internal] load {NAME}", "context")
        data = read_file(directory_tree(directory).files, NAME) or b""
    return read_patterns(data.decode("utf-8", "surrogateescape"))


async def _main_context(attributes: Attributes, transfers: Transfers, remote: Remote) -> tuple[Tree, str, bool]:
    url = attributes.context
    repository = parse_context_url(url)
    title = f"[internal] load git source {url}" if repository is not None else "[internal] load remote build context"
    with transfers.line(title) as digest:
        if repository is not None:
            keeps = attributes.arguments.get("BUILDKIT_CONTEXT_KEEP_GIT_DIR", "") in ("1", "true", "True", "TRUE", "t")

            def said(stream: int, data: bytes) -> None:
                transfers.progress.log(digest, stream, data, 0)

            tree, single = await remote.repository(repository, said, keep_git_dir=keeps), False
        elif url.startswith(("http://", "https://")):
            tree, single = await remote.archive_or_file(url)
        else:
            raise InvalidParameter(f"invalid context {url}: neither a repository nor a URL")
    return tree, digest, single


def _candidates(filename: str) -> tuple[str, ...]:
    found = [filename, f"{filename}{NAME}"]
    folder, base = posixpath.split(filename)
    if base == "Dockerfile":
        found.append(posixpath.join(folder, "dockerfile"))
    return tuple(found)


def _read(files: Files, filename: str, digest: str, tree: Tree | None) -> Definition:
    ignored = read_file(files, f"{filename}{NAME}")
    for candidate in (filename, posixpath.join(posixpath.dirname(filename), "dockerfile")):
        if candidate != filename and posixpath.basename(filename) != "Dockerfile":
            break
        data = read_file(files, candidate)
        if data is not None:
            return Definition(filename, data, digest, tree, ignored)
    raise NotFound(f"failed to read dockerfile: open {filename}: no such file or directory")
