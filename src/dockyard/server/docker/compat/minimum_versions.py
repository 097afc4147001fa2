"""Operations that came after the oldest version that is served: older requests for them are refused.

As in Docker with 400 rather than 404, which would look like a missing object.

https://docs.docker.com/reference/api/engine/version-history/
"""

from collections.abc import Mapping

from dockyard.api.versions import Version
from dockyard.errors import InvalidParameter

ADDED_IN: Mapping[str, Version] = {
    "ContainerPrune": (1, 25),
    "ImagePrune": (1, 25),
    "NetworkPrune": (1, 25),
    "VolumePrune": (1, 25),
    "BuildPrune": (1, 31),
    "PluginUpgrade": (1, 26),
    "SecretList": (1, 25),
    "SecretCreate": (1, 25),
    "SecretInspect": (1, 25),
    "SecretDelete": (1, 25),
    "SecretUpdate": (1, 25),
    "ConfigList": (1, 30),
    "ConfigCreate": (1, 30),
    "ConfigInspect": (1, 30),
    "ConfigDelete": (1, 30),
    "ConfigUpdate": (1, 30),
    "DistributionInspect": (1, 30),
    "VolumeUpdate": (1, 42),
    "ImageAttestations": (1, 55),
}

ANY_CHARACTERS = ("/images/", "/volumes/", "/plugins/", "/distribution/")
"""Nouns whose names may have slashes; Docker shows that in the paths of its messages."""


def check_operation(operation: str, method: str, template: str, version: Version) -> None:
    """Raises InvalidParameter, in Docker's words, when `version` doesn't have the operation yet."""
    added = ADDED_IN.get(operation)
    if added is not None and version < added:
        path = template.replace("{name}", "{name:.*}") if template.startswith(ANY_CHARACTERS) else template
        raise InvalidParameter(f"{method} {path} requires minimum API version {'.'.join(map(str, added))}")
