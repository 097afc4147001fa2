"""For programs that build: an EngineClient with `build`.

    from dockyard.client.sdk import Client

    client = Client.from_environment()
    built = client.build(".", tags=["me/app:1"], secrets={"token": b"..."}, build_args={"VERSION": "1"})

It speaks to Docker's daemon as well as to ours: BuildKit's API is one.
"""

from __future__ import annotations

import os

from dockyard.client.address import DEFAULT, parse
from dockyard.client.engine import EngineClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from dockyard.client.build.build import Built
    from dockyard.client.build.progress import Progress
    from dockyard.client.build.request import Agent, Cache, Output, Secret
    from dockyard.client.build.services.credentials import Lookup


class Client(EngineClient):
    """The Engine API, and builds with BuildKit's."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Client:
        """For the daemon at DOCKER_HOST, else at Dockyard's own socket."""
        around = os.environ if environment is None else environment
        return cls(parse(around.get("DOCKER_HOST") or DEFAULT), api_version=around.get("DOCKER_API_VERSION", ""))

    def build(
        self,
        context: str,
        *,
        dockerfile: str = "",
        tags: Iterable[str] = (),
        build_args: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        target: str = "",
        platforms: Iterable[str] = (),
        secrets: Mapping[str, bytes | str] | Iterable[Secret | str] = (),
        ssh: Iterable[Agent | str] = (),
        build_contexts: Mapping[str, str] | None = None,
        outputs: Iterable[Output | str] = (),
        cache_from: Iterable[Cache | str] = (),
        cache_to: Iterable[Cache | str] = (),
        progress: Progress | None = None,
        credentials: Lookup | None = None,
        write_stdout: Callable[[bytes], object] | None = None,
        environment: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Built:
        """Builds, and returns when it is done.

        context: a folder, a URL, or `-` (then `stdin=`). dockerfile: its path; `Dockerfile` in the folder unless given.
        secrets: data by id, text being UTF-8; or values of `request.py`, or what `--secret` takes. ssh, outputs,
        cache_from, cache_to likewise: values, or what the flags of that name take.
        build_contexts: further contexts by name. more: other fields of BuildRequest (`pull=True`, `network="none"`).
        The rest and the errors are `build.build`'s.
        """
        # Here, because asyncio and gRPC are for those who build.
        from dockyard.client.build import request as values
        from dockyard.client.build.build import build

        given = (
            [values.Secret(name, data=_bytes(data)) for name, data in secrets.items()]
            if hasattr(secrets, "items")
            else secrets
        )
        caches = (
            tuple(one for each in many for one in (values.Cache.parse(each) if isinstance(each, str) else (each,)))
            for many in (cache_from, cache_to)
        )
        request = values.BuildRequest(
            context,
            dockerfile,
            tuple(tags),
            dict(build_args or {}),
            dict(labels or {}),
            target=target,
            platforms=tuple(platforms),
            secrets=tuple(values.Secret.parse(one) if isinstance(one, str) else one for one in given),
            ssh=tuple(values.Agent.parse(one) if isinstance(one, str) else one for one in ssh),
            contexts=dict(build_contexts or {}),
            outputs=tuple(values.Output.parse(one) if isinstance(one, str) else one for one in outputs),
            cache_from=next(caches),
            cache_to=next(caches),
            **more,
        )
        return build(
            self, request, progress=progress, credentials=credentials, write_stdout=write_stdout,
            environment=environment,
        )  # fmt: skip


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data
