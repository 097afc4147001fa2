"""The bundle on disk:

a directory with `config.json`. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md
"""

import json
import os
from typing import Any, Final

from dockyard.cmd.runc.system_error import failure
from dockyard.errors import InvalidParameter, NotFound
from dockyard.spec.runtime import Process, Spec, process_from_json, spec_from_json

CONFIG: Final = "config.json"


def read_bundle(path: str) -> tuple[str, Spec]:
    """The absolute path of the bundle, and its configuration.

    Args:
        path: as the user gave it; "" is the current directory.

    Raises:
        NotFound: no such directory, or no configuration in it.
        InvalidParameter: the configuration is none.
    """
    bundle = os.path.abspath(path or ".")
    if not os.path.isdir(bundle):
        raise failure("chdir", path)
    config = f"{bundle}/{CONFIG}"
    if not os.path.exists(config):
        raise NotFound(f"JSON specification file {CONFIG} not found")
    return bundle, spec_from_json(_read_json(config))


def read_process(path: str) -> Process:
    """The process that `exec --process` names; errors as for a bundle."""
    return process_from_json(_read_json(path))


def _read_json(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            return json.load(file)
    except OSError as error:
        raise failure("open", path, error) from error
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{path}: invalid JSON: {error}") from error
