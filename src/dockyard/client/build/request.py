"""What to build: frozen values, as the command's flags or a program give them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dockyard.client.build.fields import pairs
from dockyard.errors import InvalidParameter


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that RUN --mount=type=secret,id=… may read: a file, a variable of the environment, or the data itself.

    Without any of the three it is the variable `id` if there is one, else the file of that name. It is read when the
    build asks for it.
    """

    id: str
    path: str = ""
    env: str = ""
    data: bytes | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """`id=token,src=file`, `id=token,env=TOKEN`, `id=TOKEN`, `type=env,id=token,src=TOKEN`. InvalidParameter."""
        found = {"type": "", "id": "", "src": "", "env": ""}
        for key, value in pairs(text):
            name = "src" if key == "source" else key
            if name not in found:
                raise InvalidParameter(f"unexpected key '{key}' in '{key}={value}'")
            if name == "type" and value not in ("file", "env"):
                raise InvalidParameter(f'unsupported secret type "{value}"')
            found[name] = value
        if not found["id"]:
            raise InvalidParameter("secret missing ID")
        if found["type"] == "env" and not found["env"]:
            found["env"], found["src"] = found["src"], ""
        return cls(found["id"], found["src"], found["env"])


@dataclass(frozen=True, slots=True)
class Agent:
    """An SSH agent that RUN --mount=type=ssh,id=… may use: a socket, or keys that we are the agent of.

    paths: one socket, or files of private keys without passphrase; none is the agent at SSH_AUTH_SOCK.
    """

    id: str = "default"
    paths: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Agent":
        """`default`, `default=/run/agent.sock`, `deploy=key1,key2`."""
        name, _, paths = text.partition("=")
        return cls(name or "default", tuple(path for path in paths.split(",") if path))


@dataclass(frozen=True, slots=True)
class Output:
    """Where a result goes. type: image, registry, local, tar, oci, docker, cacheonly; dest: a folder or a file, `-` is
    stdout; write: takes the pieces of a tar, oci or docker archive instead of a file.
    """

    type: str
    dest: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    write: Callable[[bytes], object] | None = None

    @classmethod
    def parse(cls, text: str) -> "Output":
        """`type=local,dest=out`, `out` (the same), `-` (a tar archive to stdout), `type=image,push=true`."""
        if "=" not in text and "," not in text and text:
            return cls("tar", "-") if text == "-" else cls("local", text)
        found = dict(pairs(text, "invalid value {}"))
        kind, dest = found.pop("type", ""), found.pop("dest", "")
        if not kind:
            raise InvalidParameter("type is required for output")
        return cls(kind, dest, found)


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache to read from or to write to. type: registry, inline, local; attributes: ref, src, dest, mode, …"""

    type: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "tuple[Cache, ...]":
        """`type=registry,ref=me/app:cache`; or references alone, `me/app:cache,me/app:old`."""
        if "=" not in text:
            return tuple(cls("registry", {"ref": ref}) for ref in text.split(",") if ref)
        found = dict(pairs(text, "invalid value {}"))
        kind = found.pop("type", "")
        if not kind:
            raise InvalidParameter(f'type required for "{text}"')
        return (cls(kind, found),)


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """A build.

    context: a folder, a URL (git, http, https), `-` for an archive or a Dockerfile from `stdin`.
    dockerfile: its path, `-` for stdin; with a folder as context and no path it is `Dockerfile` there.
    contexts: additional ones by name: a folder, a URL, `docker-image://…`, `target:…`, `oci-layout://…`.
    stdin: gives what is read where `-` is named, in pieces.
    call: `check`, `outline`, `targets` instead of a build. attests: by type, `{"provenance": "mode=max"}`; None for
    one that isn't wanted.
    ulimits: as the API wants them, `nofile=1024:2048`. shm_size in bytes.
    """

    context: str
    dockerfile: str = ""
    tags: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: tuple[str, ...] = ()
    target: str = ""
    platforms: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    ssh: tuple[Agent, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    cache_from: tuple[Cache, ...] = ()
    cache_to: tuple[Cache, ...] = ()
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    pull: bool = False
    network: str = "default"
    add_hosts: tuple[str, ...] = ()
    ulimits: tuple[str, ...] = ()
    shm_size: int = 0
    cgroup_parent: str = ""
    allow: tuple[str, ...] = ()
    attests: Mapping[str, str | None] = field(default_factory=dict)
    call: str = ""
    stdin: Callable[[int], bytes] | None = None
