"""What stands for a result of a build when its client uses it as an input of another (`target:` contexts of bake).

BuildKit gives the client the whole graph (LLB), and gets it back. Here the one operation in it names the result, which
is kept as long as the build is open.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from dockyard.errors import InvalidParameter
from dockyard.wire.buildkit.messages import ops

SCHEME = "dockyard-ref://"


def definition_of(ref_id: str, name: str) -> Any:
    """A definition that means the result `ref_id`; `name` is for people."""
    source = ops.Op(source=ops.SourceOp(identifier=SCHEME + ref_id)).SerializeToString(deterministic=True)
    digest = "sha256:" + sha256(source).hexdigest()
    last = ops.Op(inputs=[ops.Input(digest=digest)]).SerializeToString(deterministic=True)
    metadata = {digest: ops.OpMetadata(description={"llb.customname": name})}
    return ops.Definition(**{"def": [source, last]}, metadata=metadata)


def ref_id_of(definition: Any) -> str:
    """The result that a definition means. Raises InvalidParameter for another graph: those aren't solved here."""
    for data in getattr(definition, "def"):
        try:
            identifier: str = ops.Op.FromString(data).source.identifier
        except ValueError as error:
            raise InvalidParameter(f"a definition can't be read: {error}") from None
        if identifier.startswith(SCHEME):
            return identifier.removeprefix(SCHEME)
    raise InvalidParameter("LLB definitions other than results of builds are not solved by Dockyard")


def inputs_of(definitions: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a request's inputs, by name. Raises InvalidParameter."""
    return {name: ref_id_of(definition) for name, definition in definitions.items()}
