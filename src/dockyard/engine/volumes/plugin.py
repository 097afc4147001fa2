"""A volume driver that is another program: Docker's volume plugin protocol, JSON posted over a unix socket or TCP.

https://docs.docker.com/engine/extend/plugins_volume/, https://docs.docker.com/engine/extend/plugin_api/
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dockyard.engine.volumes.driver import Found
from dockyard.engine.volumes.plugin_files import PluginAddress, TlsConfig
from dockyard.errors import NotFound, SystemFailure, Unavailable
from dockyard.store.volumes.volume import Volume
from dockyard.wire.tls_client import client_context

MEDIA_TYPE = "application/vnd.docker.plugins.v1.2+json"
KIND = "VolumeDriver"
TIMEOUT_SECONDS = 30.0
MOUNT_TIMEOUT_SECONDS = 120.0
LARGEST_ANSWER_BYTES = 16 << 20
SCOPES = frozenset(("local", "global"))


class _Entry(msgspec.Struct, rename="pascal"):
    name: str = ""
    mountpoint: str | None = ""
    created_at: str | None = ""
    status: dict[str, Any] | None = None


class _Capabilities(msgspec.Struct, rename="pascal"):
    scope: str = ""


class _Answer(msgspec.Struct, rename="pascal"):
    """All that an answer may hold; what a plugin says is checked against it."""

    err: str = ""
    implements: list[str] | None = None
    mountpoint: str | None = ""
    volume: _Entry | None = None
    volumes: list[_Entry | None] | None = None
    capabilities: _Capabilities | None = None


class PluginDriver:
    """See VolumeDriver. A plugin is called each time anew: it may be restarted whenever it likes."""

    def __init__(self, address: PluginAddress) -> None:
        self.name = address.name
        self.address = address
        self._activated = False

    async def is_volume_driver(self) -> bool:
        """Whether it says so. Unavailable, SystemFailure when it can't be talked to."""
        answer = await self._post("Plugin.Activate", {})
        self._activated = KIND in (answer.implements or ())
        return self._activated

    async def scope(self) -> str:
        """See VolumeDriver; a plugin of the first version doesn't know the question."""
        try:
            answer = await self._call("Capabilities", {})
        except (NotFound, SystemFailure):
            return "local"
        scope = (answer.capabilities.scope if answer.capabilities else "").lower()
        return scope if scope in SCOPES else "local"

    async def create(self, name: str, options: Mapping[str, str]) -> None:
        """See VolumeDriver."""
        await self._call("Create", {"Name": name, "Opts": dict(options)})

    async def remove(self, name: str) -> None:
        """See VolumeDriver."""
        await self._call("Remove", {"Name": name})

    async def find(self, name: str) -> Found | None:
        """See VolumeDriver."""
        try:
            answer = await self._call("Get", {"Name": name})
        except (NotFound, SystemFailure):
            return None  # the protocol has no other way of saying that there is none
        return None if answer.volume is None else _found(answer.volume)

    async def list(self) -> Sequence[Found]:
        """See VolumeDriver."""
        answer = await self._call("List", {})
        return [_found(entry) for entry in answer.volumes or () if entry is not None and entry.name]

    async def mount(self, volume: Volume, user: str) -> str:
        """See VolumeDriver. SystemFailure when what it gives isn't an absolute path."""
        answer = await self._call("Mount", {"Name": volume.name, "ID": user}, MOUNT_TIMEOUT_SECONDS)
        path = answer.mountpoint or ""
        if not path.startswith("/"):
            raise SystemFailure(f"{KIND}.Mount: plugin {self.name} gave no absolute path for {volume.name}: {path!r}")
        return path

    async def unmount(self, volume: Volume, user: str, *, last: bool) -> None:  # noqa: ARG002
        """See VolumeDriver: the plugin counts by itself."""
        await self._call("Unmount", {"Name": volume.name, "ID": user}, MOUNT_TIMEOUT_SECONDS)

    async def _call(self, method: str, body: Mapping[str, Any], seconds: float = TIMEOUT_SECONDS) -> _Answer:
        if not self._activated and not await self.is_volume_driver():
            raise NotFound(f'plugin "{self.name}" does not implement {KIND}')
        return await self._post(f"{KIND}.{method}", body, seconds)

    async def _post(self, path: str, body: Mapping[str, Any], seconds: float = TIMEOUT_SECONDS) -> _Answer:
        """One call: Unavailable when it can't be reached, SystemFailure when it refuses or talks nonsense."""
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            connector, base = _connect(self.address)
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                session.post(
                    f"{base}/{path}",
                    data=msgspec.json.encode(body),
                    headers={"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE},
                    allow_redirects=False,
                ) as response,
            ):
                raw = b""
                async for piece in response.content.iter_any():
                    raw += piece
                    if len(raw) > LARGEST_ANSWER_BYTES:
                        raise SystemFailure(
                            f"{path}: plugin {self.name} answers more than {LARGEST_ANSWER_BYTES} bytes"
                        )
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f'error looking up volume plugin {self.name}: plugin "{self.name}": {reason}') from error
        return self._read(path, status, raw)

    def _read(self, path: str, status: int, raw: bytes) -> _Answer:
        try:
            answer = msgspec.json.decode(raw, type=_Answer) if raw.strip() else _Answer()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            said = raw[:200].decode(errors="replace").strip()
            if status == 404:
                raise NotFound(f"{path}: {said}") from error
            raise SystemFailure(f"{path}: plugin {self.name} answered {status}: {said!r}") from error
        if status == 404 and not answer.err:
            raise NotFound(f"{path}: plugin {self.name} doesn't know it")
        if answer.err or status >= 400:
            raise SystemFailure(f"{path}: {answer.err or f'plugin {self.name} answered {status}'}")
        return answer


def _found(entry: _Entry) -> Found:
    return Found(entry.name, entry.mountpoint or "", entry.created_at or "", entry.status or {})


def _connect(address: PluginAddress) -> tuple[aiohttp.BaseConnector, str]:
    """How to reach it, and the beginning of its URLs."""
    parts = urlsplit(address.url)
    if parts.scheme == "unix":
        return aiohttp.UnixConnector(parts.path), "http://plugin"
    if address.tls is None and parts.scheme != "https":
        return aiohttp.TCPConnector(), f"http://{parts.netloc}"
    tls = address.tls or TlsConfig()
    context = client_context(tls.ca_file, verify=not tls.insecure_skip_verify)
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file or None)
    return aiohttp.TCPConnector(ssl=context), f"https://{parts.netloc}"
