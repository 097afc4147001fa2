"""A registry's no, in Docker's words and with Docker's status.

https://docs.docker.com/reference/api/engine/version/v1.55/ (ImageCreate: 404 where the image doesn't exist or needs a
login, 500 for the rest)
"""

from dockyard.errors import DockyardError, Forbidden, NotFound, SystemFailure, Unauthorized
from dockyard.store.distribution.reference import Reference
from dockyard.store.distribution.registry.failures import Refusal, RegistryFailure


def by_code(error: DockyardError) -> DockyardError:
    """`error` of a look at a registry, with the status that the specification gives its code."""
    if isinstance(error, Refusal):
        kind = {
            "MANIFEST_UNKNOWN": NotFound,
            "NAME_UNKNOWN": NotFound,
            "UNAUTHORIZED": Unauthorized,
            "DENIED": Forbidden,
        }.get(error.code, SystemFailure)
        return kind(str(error))
    return SystemFailure(str(error)) if isinstance(error, RegistryFailure) else error


def translate(error: DockyardError, reference: Reference) -> DockyardError:
    """`error` of a pull of `reference` as users are told."""
    if isinstance(error, Refusal):
        match error.code:
            case "DENIED":
                return NotFound(
                    f"pull access denied for {reference.familiar_name}, repository does not exist or may require "
                    f"'docker login': {error}"
                )
            case "MANIFEST_UNKNOWN":
                return NotFound(f"manifest for {reference.familiar} not found: {error}")
            case "NAME_UNKNOWN":
                return NotFound(f"repository {reference.familiar_name} not found: {error}")
            case "UNAUTHORIZED":
                return Unauthorized(str(error))
    return SystemFailure(str(error)) if isinstance(error, RegistryFailure) else error
