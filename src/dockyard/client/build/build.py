"""`build`: a request becomes a session and a solve; what it leaves is an image, files, or an answer."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dockyard.client.build.agent_sockets import agent_sockets
from dockyard.client.build.attributes import with_default_statements
from dockyard.client.build.inputs import Inputs, inputs_of
from dockyard.client.build.outputs import Export, exports_of
from dockyard.client.build.progress import Progress
from dockyard.client.build.request import BuildRequest
from dockyard.client.build.services.agents import agent_methods
from dockyard.client.build.services.content import content_methods
from dockyard.client.build.services.credentials import Lookup, credential_methods, from_config
from dockyard.client.build.services.exports import export_methods
from dockyard.client.build.services.files import file_methods
from dockyard.client.build.services.secrets import secret_methods
from dockyard.client.build.services.uploads import upload_methods
from dockyard.client.build.session import control, session
from dockyard.client.build.solving import call_frontend, daemon_of, solve, solve_request
from dockyard.client.build.stores import Stores
from dockyard.client.engine import EngineClient
from dockyard.rpc.serve import Methods

_NO_STATEMENTS = "BUILDX_NO_DEFAULT_ATTESTATIONS"


@dataclass(frozen=True, slots=True)
class Built:
    """What came of it. answers: what the exporters tell, `containerimage.digest` and the like.

    called: what the frontend answers to `call`, `result.txt` and the like. push: images that are still to be pushed.
    source_name: how the user calls the Dockerfile.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, bytes] = field(default_factory=dict)
    push: tuple[str, ...] = ()
    source_name: str = ""

    @property
    def image_id(self) -> str:
        """The image's id, `sha256:…`; empty when no image was made."""
        return self.answers.get("containerimage.config.digest") or self.digest

    @property
    def digest(self) -> str:
        """The digest of the image's manifest or index, `sha256:…`; empty when there is none."""
        return self.answers.get("containerimage.digest", "")


def build(
    client: EngineClient,
    request: BuildRequest,
    *,
    progress: Progress | None = None,
    credentials: Lookup | None = None,
    write_stdout: Callable[[bytes], object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Built:
    """Builds, and returns when it is done. Not to be called where an event loop runs: that is `build_async`.

    progress: told what happens, from this thread. credentials: who we are at registries, from config.json unless given.
    write_stdout: takes an archive for `-`. environment: the process's, unless given.
    Raises InvalidParameter and NotFound for what the request names and isn't there, BuildFailed for what the daemon
    couldn't build, Unavailable when there is no daemon, or none with BuildKit. Ctrl-C cancels the build.
    """
    return asyncio.run(
        build_async(
            client, request, progress=progress, credentials=credentials, write_stdout=write_stdout,
            environment=environment,
        )
    )  # fmt: skip


async def build_async(
    client: EngineClient,
    request: BuildRequest,
    *,
    progress: Progress | None = None,
    credentials: Lookup | None = None,
    write_stdout: Callable[[bytes], object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Built:
    """The same in an event loop; cancelling the task cancels the build."""
    around = os.environ if environment is None else environment
    exports = exports_of(request, write_stdout)
    with inputs_of(request) as inputs, agent_sockets(request.ssh, around) as sockets:
        stores = Stores(request, inputs.layouts, (export.store for export in exports if export.store))
        methods = _methods(request, inputs, exports, sockets, credentials or from_config(around), around)
        if stores.folders:
            methods |= content_methods(stores.folders)
        async with session(client, methods, inputs.shared_key) as session_id, control(client) as caller:
            daemon = await daemon_of(caller)
            if daemon.keeps_indexes and not _is_set(around.get(_NO_STATEMENTS, "")):
                request = with_default_statements(request)
            message = solve_request(
                request, exports, inputs.attributes, session_id, cache_from=stores.cache_from,
                gateway_ip=daemon.gateway_ip,
            )  # fmt: skip
            if request.call:
                called = await call_frontend(caller, message, progress)
                return Built(called=called, source_name=inputs.source_name)
            answers = await solve(caller, message, progress)
            stores.name_results(answers)
    push = () if daemon.keeps_indexes else tuple(name for export in exports for name in export.push)
    return Built(answers, push=push, source_name=inputs.source_name)


def _is_set(text: str) -> bool:
    return text.lower() in ("1", "t", "true")


def _methods(
    request: BuildRequest,
    inputs: Inputs,
    exports: list[Export],
    sockets: Mapping[str, str],
    credentials: Lookup,
    environment: Mapping[str, str],
) -> Methods:
    """What the daemon may ask for: nothing that this build doesn't name."""
    targets = {number: export.target for number, export in enumerate(exports) if export.target}
    methods = {**file_methods(inputs.folders), **credential_methods(credentials)}
    if request.secrets:
        methods |= secret_methods(request.secrets, environment)
    if sockets:
        methods |= agent_methods(sockets)
    if inputs.uploads:
        methods |= upload_methods(inputs.uploads)
    if targets:
        methods |= export_methods(targets)
    return methods
