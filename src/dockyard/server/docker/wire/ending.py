"""The end of a container's run as JSON, for `GET /containers/{id}/why`."""

import signal
from typing import Any

from dockyard.engine.containers.ending import Ending, SentSignal
from dockyard.engine.timestamps import rfc3339


def ending_document(ending: Ending | None) -> dict[str, Any] | None:
    """Times in RFC 3339, sizes in bytes; None for a container whose first run isn't over."""
    if ending is None:
        return None
    return {
        "ExitCode": ending.exit_code,
        "Signal": ending.signal,
        "SignalName": signal_name(ending.signal),
        "OOMKilled": ending.oom_killed,
        "Error": ending.error,
        "StartedAt": rfc3339(ending.started_at_ns),
        "FinishedAt": rfc3339(ending.finished_at_ns),
        "Sent": [_sent(one) for one in ending.signals],
        "Limits": {
            "Memory": ending.memory_limit_bytes,
            "NanoCpus": ending.nano_cpus,
            "PidsLimit": ending.pids_limit,
        },
        "MemoryPeak": ending.memory_peak_bytes,
        "Victim": None if ending.victim is None else {"Pid": ending.victim.pid, "Name": ending.victim.name},
        "FailingProbe": None if ending.health is None or not ending.health.log else ending.health.log[-1].output,
    }


def _sent(sent: SentSignal) -> dict[str, Any]:
    by = sent.by
    return {
        "Signal": sent.number,
        "SignalName": signal_name(sent.number),
        "At": rfc3339(sent.sent_at_ns),
        "By": {
            "Kind": by.kind,
            "Action": by.action,
            "Pid": by.pid,
            "Uid": by.uid,
            "Name": by.name,
            "Address": by.address,
        },
    }


def signal_name(number: int) -> str:
    """`SIGKILL` for 9; "" for 0 and for numbers without a name."""
    try:
        return signal.Signals(number).name if number else ""
    except ValueError:
        return ""
