"""`local` and `tar`: the files of a result, for the client's disk; attestations beside them.

One platform's files stand at the top, several in folders `linux_amd64`; `platform-split` says otherwise.
"""

import asyncio
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dockyard.builder.export.attributes import Attributes, take_epoch
from dockyard.builder.export.contract import Attestation, BuildResult, Receiver, Ref, Report
from dockyard.builder.export.layout import in_threads
from dockyard.builder.export.manifests import indented, statement
from dockyard.builder.files import Files, LayerFiles
from dockyard.builder.files.joined import JoinedFiles, Part
from dockyard.builder.files.pack import pack
from dockyard.errors import InvalidParameter
from dockyard.store.layers import LayerStore


@dataclass(frozen=True, slots=True)
class _Form:
    """The attributes. `split` None: when there are several platforms."""

    prefix: str
    split: bool | None
    epoch_seconds: int | None


def _take_form(given: Attributes) -> _Form:
    mode = given.text("mode", "copy")
    if mode not in ("", "copy"):
        raise InvalidParameter(f'local exporter mode "{mode}" is not supported: use copy')
    form = _Form(given.text("attestation-prefix"), given.optional_flag("platform-split"), take_epoch(given))
    given.end()
    return form


class _Results:
    """Trees of results."""

    def __init__(self, layers: LayerStore, form: _Form, now_ns: Callable[[], int]) -> None:
        self._layers = layers
        self._form = form
        self._now_ns = now_ns

    def parts(self, result: BuildResult, *, split: bool) -> list[Part]:
        """One for each ref."""
        return [self._part(result, ref, split=split) for ref in result.refs]

    def _part(self, result: BuildResult, ref: Ref, *, split: bool) -> Part:
        epoch = self._form.epoch_seconds if self._form.epoch_seconds is not None else result.epoch_seconds
        files = self._files(ref)
        beside: dict[bytes, bytes] = {}
        wanted = [one for one in ref.attestations if not one.inline_only]
        if wanted:
            subjects = list(_subjects(files)) if files is not None else []
            for one in wanted:
                name = self._name(one, ref, several=result.multi and not split)
                if os.fsencode(name) in beside:
                    raise InvalidParameter(f"duplicate attestation path name {name}")
                beside[os.fsencode(name)] = indented(statement(one, subjects))
        folder = ref.id.replace("/", "_").encode() if split else b""
        return Part(files, folder, beside, epoch, self._now_ns() // 10**9)

    def _files(self, ref: Ref) -> Files | None:
        if ref.chain_id is None:
            return None
        return LayerFiles(self._layers.driver.view(self._layers.get(ref.chain_id).driver_id))

    def _name(self, one: Attestation, ref: Ref, *, several: bool) -> str:
        name = self._form.prefix + one.name
        if not several:
            return name
        stem, dot, ending = name.rpartition(".")
        platform = ref.id.replace("/", "_")
        return f"{stem}.{platform}{dot}{ending}" if dot else f"{name}.{platform}"


class LocalExporter:
    """See Exporter."""

    name = "exporting to client directory"

    def __init__(
        self, given: Attributes, number: int, layers: LayerStore, receiver: Receiver, now_ns: Callable[[], int]
    ) -> None:
        self._form = _take_form(given)
        self._number = number
        self._results = _Results(layers, self._form, now_ns)
        self._receiver = receiver

    async def export(self, result: BuildResult, report: Report) -> dict[str, str]:
        """See Exporter."""
        split = result.multi if self._form.split is None else self._form.split
        parts = await asyncio.to_thread(lambda: self._results.parts(result, split=split))
        if not split:
            await asyncio.to_thread(_check_names, result, parts)
        for ref, part in zip(result.refs, parts, strict=True):
            with report.step(f"copying files {ref.id}" if split else "copying files") as moved:
                await self._receiver.tree(self._number, JoinedFiles((part,)), moved)
        return {}


class TarExporter:
    """See Exporter."""

    name = "exporting to client tarball"

    def __init__(
        self, given: Attributes, number: int, layers: LayerStore, receiver: Receiver, now_ns: Callable[[], int]
    ) -> None:
        self._form = _take_form(given)
        self._number = number
        self._results = _Results(layers, self._form, now_ns)
        self._receiver = receiver

    async def export(self, result: BuildResult, report: Report) -> dict[str, str]:
        """See Exporter."""
        parts = await asyncio.to_thread(lambda: self._results.parts(result, split=result.multi))
        with report.step("sending tarball") as moved:
            async with self._receiver.file(self._number, {}) as file:
                if file is None:
                    return {}
                sent = 0
                async for piece in in_threads(pack(JoinedFiles(tuple(parts)))):
                    await file.write(piece)
                    sent += len(piece)
                    moved(sent, 0)
        return {}


def _check_names(result: BuildResult, parts: list[Part]) -> None:
    """Without folders, no platform may overwrite what another brought."""
    seen: dict[bytes, str] = {}
    for ref, part in zip(result.refs, parts, strict=True) if len(parts) > 1 else ():
        with JoinedFiles((part,)).reader() as reader:
            for steps, status in reader.walk(()):
                if stat.S_ISDIR(status.st_mode):
                    continue
                name = b"/".join(steps)
                if name in seen:
                    raise InvalidParameter(
                        f"cannot overwrite {os.fsdecode(name)} from {seen[name]} with {ref.id} "
                        "when split option is disabled"
                    )
                seen[name] = ref.id


def _subjects(files: Files) -> Iterator[tuple[str, str]]:
    """Each regular file and its digest."""
    with files.reader() as reader:
        for steps, status in reader.walk(()):
            if not stat.S_ISREG(status.st_mode):
                continue
            digest = hashlib.sha256()
            for piece in reader.data(steps):
                digest.update(piece)
            yield os.fsdecode(b"/".join(steps)), f"sha256:{digest.hexdigest()}"
