"""What shall be executed in a running container."""

from typing import Any, NamedTuple


class ExecRequest(NamedTuple):
    """`process` is an OCI process as JSON (`dockyard.spec.runtime.to_json`); `exec_id` names it from now on."""

    exec_id: str
    process: dict[str, Any]
    tty: bool = False
    open_stdin: bool = False
