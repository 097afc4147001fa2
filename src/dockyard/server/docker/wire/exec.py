"""An exec (Engine API: ExecInspect)."""

from typing import Any

from dockyard.engine.execs import ExecSnapshot


def exec_inspect(snapshot: ExecSnapshot) -> dict[str, Any]:
    """The exec as `inspect` shows it; Go writes bytes (DetachKeys) in base64, and none as null or an empty text."""
    config = snapshot.config
    command = config.cmd or ("",)
    return {
        "ID": snapshot.id,
        "Running": snapshot.running,
        "ExitCode": snapshot.exit_code,
        "ProcessConfig": {
            "tty": config.tty,
            "entrypoint": command[0],
            "arguments": command[1:],
            "privileged": config.privileged,
            **({"user": config.user} if config.user else {}),
        },
        "OpenStdin": config.attach_stdin,
        "OpenStderr": config.attach_stderr,
        "OpenStdout": config.attach_stdout,
        "CanRemove": snapshot.exit_code is not None,
        "ContainerID": snapshot.container_id,
        "DetachKeys": "",
        "Pid": snapshot.pid,
    }
