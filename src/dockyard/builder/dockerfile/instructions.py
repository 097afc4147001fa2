"""Stage two's types: each instruction as a frozen value. Variables in them are replaced later, by the planner.

Dockerfile reference, one section for each class.
"""

from dataclasses import dataclass

from dockyard.builder.dockerfile.arguments import Pair
from dockyard.builder.dockerfile.devices import DeviceFlag
from dockyard.builder.dockerfile.heredoc import Heredoc
from dockyard.builder.dockerfile.lines import Line
from dockyard.spec.image.config import Healthcheck


@dataclass(frozen=True, slots=True)
class Instruction:
    """What all have: the line that they stand on."""

    line: Line

    def __str__(self) -> str:
        """The instruction as it stood in the file, on one line."""
        return self.line.original.strip()


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the exec form as it is, or with `shell_form` one text for the image's shell."""

    words: tuple[str, ...]
    shell_form: bool
    files: tuple[Heredoc, ...] = ()


@dataclass(frozen=True, slots=True)
class From(Instruction):
    """`FROM [--platform=…] base [AS name]`; `name` is in lower case, empty when not given."""

    base: str
    name: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Arg(Instruction):
    """`ARG name[=default] …`; None for a name without a default."""

    pairs: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Env(Instruction):
    """`ENV key=value …`"""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Label(Instruction):
    """`LABEL key=value …`"""

    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Maintainer(Instruction):
    """`MAINTAINER name`"""

    name: str


@dataclass(frozen=True, slots=True)
class Transfer(Instruction):
    """What COPY and ADD have in common. `contents` are files given as here-documents."""

    sources: tuple[str, ...]
    contents: tuple[Heredoc, ...]
    destination: str
    chown: str = ""
    chmod: str = ""
    link: bool = False
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy(Transfer):
    """`COPY [--from=stage|image|context] [--parents] …`"""

    origin: str = ""
    parents: bool = False


@dataclass(frozen=True, slots=True)
class Add(Transfer):
    """`ADD [--checksum=…] [--keep-git-dir] [--unpack] …`; None where the flag wasn't given."""

    checksum: str = ""
    keep_git_dir: bool | None = None
    unpack: bool | None = None


@dataclass(frozen=True, slots=True)
class Run(Instruction):
    """`RUN [--mount=…] [--network=…] [--security=…] [--device=…] command`; `mounts` as they stood."""

    command: Command
    mounts: tuple[str, ...] = ()
    network: str = ""
    security: str = ""
    devices: tuple[DeviceFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Cmd(Instruction):
    """`CMD`"""

    command: Command


@dataclass(frozen=True, slots=True)
class Entrypoint(Instruction):
    """`ENTRYPOINT`"""

    command: Command


@dataclass(frozen=True, slots=True)
class Shell(Instruction):
    """`SHELL ["…"]`"""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expose(Instruction):
    """`EXPOSE port[/protocol] …`"""

    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volume(Instruction):
    """`VOLUME path …`"""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User(Instruction):
    """`USER name[:group]`"""

    name: str


@dataclass(frozen=True, slots=True)
class Workdir(Instruction):
    """`WORKDIR path`"""

    path: str


@dataclass(frozen=True, slots=True)
class StopSignal(Instruction):
    """`STOPSIGNAL signal`"""

    signal: str


@dataclass(frozen=True, slots=True)
class HealthCheck(Instruction):
    """`HEALTHCHECK NONE | [--interval=…] … CMD …`"""

    check: Healthcheck


@dataclass(frozen=True, slots=True)
class OnBuild(Instruction):
    """`ONBUILD instruction`; `expression` is what images carry."""

    expression: str


KEYWORDS = (
    "add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer", "onbuild",
    "run", "shell", "stopsignal", "user", "volume", "workdir",
)  # fmt: skip
"""All keywords, in lower case."""
