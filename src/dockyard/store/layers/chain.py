"""Chain ids: what a layer is together with everything below it.

oci image-spec v1.1, config.md, "Layer ChainID": ChainID(L0) = DiffID(L0), and above it
ChainID(L0|…|Ln) = Digest(ChainID(L0|…|Ln-1) + " " + DiffID(Ln)).
"""

from collections.abc import Iterable

from dockyard.store.content.digest import digest_of


def chain_id(parent: str | None, diff_id: str) -> str:
    """The chain id of a layer with `diff_id` on top of the chain `parent` (None: at the bottom)."""
    return diff_id if parent is None else digest_of(f"{parent} {diff_id}".encode())


def chain_ids(diff_ids: Iterable[str]) -> list[str]:
    """The chain ids of all layers of an image, lowest first."""
    chains: list[str] = []
    for diff_id in diff_ids:
        chains.append(chain_id(chains[-1] if chains else None, diff_id))
    return chains
