"""A stage while it is planned: its configuration, its variables, the vertex that it has come to, its steps so far."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.lint import warning_at
from dockyard.builder.dockerfile.source import DockerfileError, Span
from dockyard.builder.dockerfile.words import Mode, expand
from dockyard.builder.graph import Operation, Vertex
from dockyard.builder.plan.arguments import StageArguments
from dockyard.builder.plan.options import BuildOptions
from dockyard.builder.plan.outline import Outline
from dockyard.spec.image.config import ImageConfig

DEFAULT_SHELL = ("/bin/sh", "-c")
DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LABEL_MARK = "\0"
"""Where the content's label (`file:<digest>`) goes in a step's history."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction, planned: the configuration after it, what it changes, and what history says of it.

    `vertex` is None when it changes no file. `triggered`: it comes from the base image's ONBUILD.
    """

    instruction: Instruction
    vertex: Vertex | None
    config: ImageConfig
    author: str
    created_by: str
    triggered: bool = False
    remark: str = ""
    """What is to be told to the user while it is worked off."""

    @property
    def text(self) -> str:
        """The instruction as it stood in the Dockerfile."""
        return str(self.instruction)


@dataclass(slots=True)
class StageState:
    """What the functions that plan instructions work on."""

    outline: Outline
    index: int
    arguments: StageArguments
    config: ImageConfig
    vertex: Vertex
    finished: Mapping[int, Vertex]
    """What the needed stages before this one come to."""
    author: str = ""
    cmd_set: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    """For BuildKit, which makes no difference between ARG and ENV: what was set last is what counts."""
    workdir_set: bool = False
    last_of_kind: dict[type[Instruction], Instruction] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    triggers_left: int = 0

    @property
    def _never(self) -> bool:
        """Whether nothing of this stage comes from the cache."""
        name = self.outline.stages[self.index].stage.begin.name or f"stage-{self.index}"
        return any(one.lower() == name.lower() for one in self.options.no_cache_stages)

    @property
    def options(self) -> BuildOptions:
        """What the build was asked for."""
        return self.outline.options

    @property
    def shell(self) -> tuple[str, ...]:
        """What runs the shell form of commands."""
        return self.config.shell or DEFAULT_SHELL

    @property
    def environment(self) -> dict[str, str]:
        """The image's variables so far."""
        return dict(one.partition("=")[::2] for one in self.config.env)

    def warn(self, rule: str, message: str, one: Instruction) -> None:
        """A finding about an instruction; see warnings.py."""
        self.outline.warn(warning_at(rule, message, one.line))

    def lookup(self, name: str) -> str | None:
        """A variable: the image's own win over build arguments; for BuildKit, whichever came last."""
        if not self.options.is_classic:
            return self.variables.get(name)
        for one in reversed(self.config.env):
            key, _, value = one.partition("=")
            if key == name:
                return value
        return self.arguments.get(name)

    def expand(self, text: str) -> str:
        """`text` as one word, variables replaced. Raises DockerfileError."""
        return expand(text, self.lookup, self.outline.mode)

    def expand_document(self, text: str) -> str:
        """The same for the text of a here-document, in which quotes mean nothing."""
        return expand(text, self.lookup, Mode(skip_quotes=True))

    def shown(self, text: str, *, raw_quotes: bool = False) -> str:
        """An instruction as progress shows it: with the values of variables that have one."""
        if self.options.is_classic:
            return text
        try:
            return expand(text, self.lookup, replace(self.outline.mode, raw_quotes=raw_quotes, keep_unset=True))
        except DockerfileError:
            return text

    def declare_argument(self, key: str, default: str | None) -> str | None:
        """ARG; the value, None when it has none."""
        value = self.arguments.declare(key, default)
        if value is not None:
            self.variables[key] = value
        return value

    def absolute(self, path: str) -> str:
        """`path` below the working directory; a trailing slash is kept."""
        slash = path.endswith(("/", "/.")) or path in (".", "")
        whole = posixpath.normpath(posixpath.join("/", self.config.working_dir, path))
        whole = "/" + whole.lstrip("/")
        return whole + "/" if slash and whole != "/" else whole

    def set_environment(self, key: str, value: str) -> None:
        """Sets one variable of the image."""
        self.variables[key] = value
        entry = f"{key}={value}"
        env = list(self.config.env)
        for index, old in enumerate(env):
            if old.partition("=")[0] == key:
                env[index] = entry
                break
        else:
            env.append(entry)
        self.config = self.config._replace(env=tuple(env))

    def vertex_of(self, operation: Operation, *inputs: Vertex, span: Span | None = None, name: str = "") -> Vertex:
        """A vertex as this build makes them."""
        never = self.options.no_cache or self._never
        return Vertex(operation, inputs, name, span, never, self.options.epoch_seconds)

    def nop(self, instruction: Instruction, comment: str, remark: str = "") -> None:
        """A step that changes the configuration alone."""
        created_by = " ".join((*self.shell, "#(nop) ", comment)) if self.options.is_classic else comment
        self._add(instruction, None, created_by, remark)

    def files(self, instruction: Instruction, vertex: Vertex, comment: str, classic: str) -> None:
        """A step that changes files by itself; `classic` is how the classic builder tells of it."""
        self.vertex = vertex
        told = f"{comment} # buildkit" if not comment.startswith("WORKDIR ") else comment  # BuildKit marks others alone
        created_by = " ".join((*self.shell, f"#(nop) {classic}")) if self.options.is_classic else told
        self._add(instruction, vertex, created_by)

    def command(
        self, instruction: Instruction, vertex: Vertex, args: tuple[str, ...], arguments: list[str], *, counted: bool
    ) -> None:
        """A step that runs a command; `arguments` are the build arguments that it sees, `counted`: as are others."""
        self.vertex = vertex
        told = " ".join((f"|{len(arguments)}", *arguments, *args) if arguments or counted else args)
        created_by = told if self.options.is_classic else f"RUN {told} # buildkit"
        self._add(instruction, vertex, created_by)

    def _add(self, instruction: Instruction, vertex: Vertex | None, created_by: str, remark: str = "") -> None:
        triggered = self.triggers_left > 0
        self.triggers_left -= triggered
        self.steps.append(Step(instruction, vertex, self.config, self.author, created_by, triggered, remark))
