"""From measurements to a file of results and to the table in README.md."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


class Goal(NamedTuple):
    """What a measurement is called, its unit, and what is wanted: a `share` of Docker's figure, or a limit."""

    title: str
    unit: str
    share: float | None = None
    absolute: float | None = None
    more_is_better: bool = False


AS_FAST = 0.95
"""At least Docker's, less what two runs of the same differ by."""

GOALS: dict[str, Goal] = {
    "run_bridge": Goal("`docker run --rm`, default bridge", "ms", share=1 / 4),
    "run_none": Goal("`docker run --rm --network none`", "ms", share=1 / 4),
    "exec": Goal("`docker exec C true`", "ms", share=1 / 3),
    "run_50": Goal("50 × `docker run -d`, ten at a time", "ms", share=1 / 4),
    "rm_50": Goal("`docker rm -f` of those 50", "ms", share=1 / 4),
    "ps_200": Goal("`docker ps` with 200 containers", "ms", share=1),
    "ping_rate": Goal("`GET /_ping`, one connection", "/s", more_is_better=True),
    "inspect_rate": Goal("`GET /containers/{id}/json`", "/s", more_is_better=True),
    "ps_rate": Goal("`GET /containers/json` of 200", "/s", more_is_better=True),
    "stats_cpu": Goal("`docker stats` of 100 containers, processor time", "ms/s", share=1 / 3),
    "ps_busy": Goal("`ps` while 100 containers start and one hangs", "ms", absolute=20),
    "ps_busy_worst": Goal("the slowest of those answers", "ms", share=1),
    "inspect_busy": Goal("`inspect` of the one that hangs, meanwhile", "ms", absolute=20),
    "inspect_busy_worst": Goal("the slowest of those answers", "ms", share=1),
    "log": Goal("300 MB of log lines through `docker run`", "MB/s", share=4, more_is_better=True),
    "pull_five": Goal("`docker pull`, five layers, 310 MB unpacked", "ms", share=1 / 2),
    "pull_twenty": Goal("`docker pull`, 20 small layers", "ms", share=1 / 2),
    "pull_again": Goal("`docker pull` of what is there", "ms", share=1),
    "push_five": Goal("`docker push` of the five layers to another registry", "ms", share=1),
    "pull_memory": Goal("memory that the daemon takes for these transfers, at most", "MB", absolute=100),
    "rate_tcp_containers": Goal("iperf3, container to container, TCP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "rate_udp_containers": Goal("the same, UDP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "rate_tcp_to_host": Goal("iperf3, container to its host, TCP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "rate_udp_to_host": Goal("the same, UDP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "rate_tcp_published": Goal("iperf3, host to published port, TCP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "rate_udp_published": Goal("the same, UDP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "net_tcp_containers": Goal("iperf3, container to container, TCP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_udp_containers": Goal("the same, UDP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_tcp_to_host": Goal("iperf3, container to its host, TCP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_udp_to_host": Goal("the same, UDP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_tcp_published": Goal("iperf3, host to published port, TCP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_udp_published": Goal("the same, UDP", "Gbit/CPU s", share=AS_FAST, more_is_better=True),
    "net_tcp_localhost": Goal("iperf3, host to 127.0.0.1:PORT, TCP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "net_udp_localhost": Goal("the same, UDP", "Gbit/s", share=AS_FAST, more_is_better=True),
    "build_apt": Goal("`docker build`: apt-get install, COPY, three RUN; nothing cached", "ms", share=0.6),
    "build_20": Goal("20 trivial RUN steps, nothing cached", "ms", share=1 / 5),
    "build_cached": Goal("the same, all cached", "ms", share=1 / 3),
    "build_context": Goal("a context of 20,000 files of which one has changed", "ms", share=1 / 2),
    "build_stages": Goal("two independent stages of 5 s", "ms", absolute=6000),
    "shim_pss": Goal("a shim, PSS, each of 50", "MB", absolute=2),
    "idle_pss": Goal("daemons idle, PSS together", "MB", absolute=70),
    "memory_growth": Goal("growth of the daemons' PSS over the run/rm cycles", "MB", absolute=3),
    "descriptor_growth": Goal("growth of their open files over them", "", absolute=0),
    "version": Goal("`dockyard --version`, in bare Python starts", "×", absolute=3),
}


def judged(results: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Each measurement with its ratio to Docker's and whether the goal is met."""
    return {name: {**measured, **_verdict(GOALS[name], measured)} for name, measured in results.items()}


def _verdict(goal: Goal, measured: Mapping[str, float]) -> dict[str, Any]:
    ours, theirs = measured["dockyard"], measured.get("docker")
    verdict: dict[str, Any] = {}
    if theirs:
        verdict["ratio"] = ours / theirs
    if goal.share is not None and theirs:
        verdict["met"] = ours >= theirs * goal.share if goal.more_is_better else ours <= theirs * goal.share
    elif goal.absolute is not None:
        verdict["met"] = ours <= goal.absolute
    return verdict


def document(results: Mapping[str, Mapping[str, float]], settings: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The whole of a run: where, when, how, what."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "kernel": platform.release(),
            "architecture": platform.machine(),
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        },
        "docker": server,
        "settings": dict(settings),
        "results": judged(results),
    }


def save(whole: Mapping[str, Any], only: Sequence[str] = ()) -> Path:
    """Write the run to bench/results/<date>.json, a run of some cases to <date>-<cases>.json."""
    path = ROOT / "bench" / "results" / f"{'-'.join((whole['date'][:10], *sorted(only)))}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(whole, indent=1) + "\n")
    return path


def table(whole: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    lines = [f"| work | Docker {whole['docker']} | Dockyard | ratio | goal | |", "|---|--:|--:|--:|--:|---|"]
    for name, result in whole["results"].items():
        goal = GOALS[name]
        theirs = _figure(result["docker"], goal.unit) if "docker" in result else ""
        theirs += f" (podman {_figure(result['podman'], goal.unit)})" if "podman" in result else ""
        ratio = f"{result['ratio']:.2f}" if "ratio" in result and goal.absolute is None else ""
        met = {True: "met", False: "missed", None: ""}[result.get("met")]
        cells = (goal.title, theirs, _figure(result["dockyard"], goal.unit), ratio, _wanted(goal), met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _figure(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 or not unit else 1
    return f"{value:.{digits}f} {unit}".strip()


def _wanted(goal: Goal) -> str:
    if goal.share is None and goal.absolute is None:
        return ""
    sign = "≥" if goal.more_is_better else "≤"
    if goal.share is not None:
        return f"{sign} {goal.share:.2f}".rstrip("0").rstrip(".")
    return f"{sign} {goal.absolute:g} {goal.unit}".strip()


def put_into_readme(whole: Mapping[str, Any]) -> None:
    """Replace what stands between the markers in README.md."""
    path = ROOT / "README.md"
    text = path.read_text()
    machine = whole["machine"]
    note = (
        f"Measured on {whole['date'][:10]} by `script/bench`, both engines with the same `docker` client in one run, "
        "in turn; "
        f"{machine['processors']} processors, kernel {machine['kernel'].split('-')[0]}, Python {machine['python']}."
    )
    block = f"{BEGIN}\n{note}\n\n{table(whole)}\n{END}"
    replaced = re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL)
    if BEGIN in text:
        path.write_text(replaced)
