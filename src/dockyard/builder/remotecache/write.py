"""What a build came to, as a cache for others: records and layers.

`min` has what the exported images consist of, `max` also what was made on the way: stages that are only copied from.
Our keys are made of content and of the layers below (solve/solver.py), so that a record needs no other one to be found;
links between them are written nevertheless: they are what the format is for, and what a reader of it expects.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from dockyard.builder.remotecache.config import CacheConfig, CacheLayer, CacheRecord
from dockyard.builder.solve.elsewhere import Trace
from dockyard.spec.image.descriptor import Descriptor
from dockyard.store.layers import Layer
from dockyard.store.layers.blobs import KeptBlob

Created = Callable[[Trace], str]
"""When a result was made first, RFC 3339."""
Stack = Callable[[str], Sequence[tuple[Layer, KeptBlob]]]
"""The layers of a chain, lowest first, each with its blob."""


@dataclass(slots=True)
class CacheTrail:
    """Collects what a build solves (see Trail), each key once, inputs first."""

    traces: dict[str, Trace] = field(default_factory=dict)

    def __call__(self, trace: Trace) -> None:
        self.traces.setdefault(trace.key, trace)


@dataclass(frozen=True, slots=True)
class CacheContents:
    """A configuration, and the blobs of its layers by place."""

    config: CacheConfig
    blobs: tuple[tuple[Layer, KeptBlob], ...]


def wanted_traces(trail: CacheTrail, chains: Collection[str], mode: str) -> list[Trace]:
    """What is exported: `max` all, `min` what came to one of `chains`, all layers of the results."""
    traces = list(trail.traces.values())
    return traces if mode == "max" else [trace for trace in traces if trace.chain_id in chains]


def cache_contents(traces: Sequence[Trace], stack: Stack, created: Created) -> CacheContents:
    """The cache of these results. Raises what `stack` raises."""
    layers: dict[str, int] = {}
    entries: list[CacheLayer] = []
    blobs: list[tuple[Layer, KeptBlob]] = []
    records: list[CacheRecord] = []
    places = {trace.key: place for place, trace in enumerate(traces)}
    for trace in traces:
        top: tuple[int, ...] = ()
        for layer, blob in stack(trace.chain_id) if trace.chain_id is not None else ():
            if layer.chain_id not in layers:
                layers[layer.chain_id] = len(entries)
                entries.append(CacheLayer(blob.digest, top[-1] if top else -1))
                blobs.append((layer, blob))
            top = (*top, layers[layer.chain_id])
        inputs = tuple((places[one],) for one in trace.inputs if one in places)
        results = ((top, created(trace)),) if top else ()
        records.append(CacheRecord(f"sha256:{trace.key}", results, inputs))
    return CacheContents(CacheConfig(tuple(entries), tuple(records)), tuple(blobs))


def inline_records(
    traces: Sequence[Trace], layers: Sequence[Descriptor], chains: Sequence[str], created: Created
) -> tuple[CacheRecord, ...]:
    """Records for the configuration of an image with these layers, whose chain ids are `chains`."""
    depth = {chain: place for place, chain in enumerate(chains[: len(layers)])}
    fitting = [trace for trace in traces if trace.chain_id in depth]
    places = {trace.key: place for place, trace in enumerate(fitting)}
    return tuple(
        CacheRecord(
            f"sha256:{trace.key}",
            ((tuple(range(depth[trace.chain_id or ""] + 1)), created(trace)),),
            tuple((places[one],) for one in trace.inputs if one in places),
        )
        for trace in fitting
    )
