"""The graph of a build: operations as frozen values, each with those that it needs. What is equal is done once.

    Base       an image's layers                        no inputs
    Tree       a directory of files: the context, a repository, a download    no inputs
    Run        a command                                inputs[0] what it stands on, then what its mounts show
    Transfer   COPY and ADD                             inputs[0] what it stands on, then what is copied from
    Stack      a layer on other layers                  inputs[0] what it is put on, inputs[1] what is put
    MakeDirectory   WORKDIR                             inputs[0]

A vertex has a digest of everything that it means; where its result comes from a cache is decided by content
(solve/solver.py), because two files may have changed though the text has not. What BuildKit calls LLB.
"""

import hashlib
from dataclasses import dataclass, field, replace

from dockyard.builder.dockerfile.source import Span


@dataclass(frozen=True, slots=True)
class Base:
    """The layers of an image that is here: `chain_id`, None for nothing at all (`FROM scratch`)."""

    chain_id: str | None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class LocalTree:
    """Files that the client sent: `context`, or a named context."""

    name: str


@dataclass(frozen=True, slots=True)
class HttpTree:
    """One downloaded file. `checksum` is `sha256:…` or empty."""

    url: str
    filename: str
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class GitTree:
    """A repository's files at `reference` (empty: its default branch), of the folder `subdirectory`."""

    remote: str
    reference: str = ""
    subdirectory: str = ""
    keep_git_dir: bool = False
    checksum: str = ""
    submodules: bool = True


@dataclass(frozen=True, slots=True)
class BindMount:
    """The path `source` of `inputs[input]` at `target`; what is written there is gone afterwards."""

    target: str
    input: int
    source: str = "/"
    readonly: bool = True


@dataclass(frozen=True, slots=True)
class CacheMount:
    """A directory that outlives the build, by `id`. `input`: what a new one begins with, 0 for empty."""

    target: str
    id: str
    sharing: str = "shared"
    input: int = 0
    source: str = "/"
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class TmpfsMount:
    """Memory at `target`; 0 for no limit."""

    target: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class SecretMount:
    """A secret as a file at `target`, or with `env` as that variable (then `target` may be empty)."""

    target: str
    id: str
    env: str = ""
    required: bool = False
    mode: int = 0o400
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class SshMount:
    """The client's SSH agent as a socket at `target`."""

    target: str
    id: str = "default"
    required: bool = False
    mode: int = 0o600
    uid: int = 0
    gid: int = 0


Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount


HOSTNAME = "buildkitsandbox"
"""Of all commands for which the build has no other."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What a build asks for all its commands. `hosts`: `name:address` each; `ulimits`: name, soft and hard limit."""

    hostname: str = ""
    hosts: tuple[str, ...] = ()
    ulimits: tuple[tuple[str, int, int], ...] = ()
    shm_bytes: int = 0
    cgroup_parent: str = ""

    @property
    def meaning(self) -> "Sandbox":
        """What of it makes another step: the names of hosts do, but not where they are, as with BuildKit."""
        return replace(self, hosts=tuple(host.partition(":")[0] for host in self.hosts))


@dataclass(frozen=True, slots=True)
class Run:
    """A command in a container. `hidden_env` reaches it but isn't part of what it means (proxies)."""

    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    user: str
    network: str = "default"
    insecure: bool = False
    mounts: tuple[Mount, ...] = ()
    hidden_env: tuple[str, ...] = ()
    sandbox: Sandbox = Sandbox()
    """For BuildKit's style only: the classic builder takes a step from the cache whatever it was run with."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to copy of `inputs[input]`: paths, in which wildcards may stand.

    `parents`: keep the directories above, up to `pivot`. `unpack`: archives among them are unpacked. `download`: it is
    a single downloaded file, whose owner and mode are fixed.
    """

    input: int
    paths: tuple[str, ...]
    unpack: bool = False
    parents: bool = False
    download: bool = False
    whole: bool = False
    """The tree itself is meant, not a path in it: a repository."""


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file whose content stood in the Dockerfile."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Transfer:
    """COPY or ADD. `destination` is absolute; with a trailing slash, or when it is a directory, things go into it.

    `keep_owner`: owners come from the source, as for `--from`. `link`: nothing of what is below matters. `ignore`:
    patterns of what the context's `.dockerignore` leaves out.
    """

    keyword: str
    selections: tuple[Selection, ...]
    destination: str
    files: tuple[InlineFile, ...] = ()
    chown: str = ""
    chmod: str = ""
    excludes: tuple[str, ...] = ()
    keep_owner: bool = False
    link: bool = False
    strict: bool = True
    """As Docker's classic builder: nothing found, and owners that aren't known, are errors; a directory that is copied
    onto another one leaves that one's mode and time alone. BuildKit minds none of that."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The uppermost layer of `inputs[1]` on top of `inputs[0]`: what `--link` made, whatever it is put on."""


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """A directory with those above it, if it isn't there. `owner`: whose they are then, as in `--chown`."""

    path: str
    owner: str = ""
    strict: bool = True
    """As for Transfer: whose words errors have."""


Operation = Base | LocalTree | HttpTree | GitTree | Run | Transfer | Stack | MakeDirectory


@dataclass(frozen=True, slots=True, eq=False)
class Vertex:
    """An operation with its inputs. Compared by digest."""

    operation: Operation
    inputs: tuple["Vertex", ...] = ()
    name: str = ""
    """What progress shows."""
    span: Span | None = None
    """Where it stands in the Dockerfile."""
    ignore_cache: bool = False
    latest_seconds: int | None = None
    """SOURCE_DATE_EPOCH: no file of the result is newer."""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        told = hashlib.sha256(
            f"{self.operation!r} {self.ignore_cache} {self.latest_seconds}".encode("utf-8", "replace")
        )
        for one in self.inputs:
            told.update(one.digest.encode())
        object.__setattr__(self, "digest", "sha256:" + told.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vertex) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)
