"""`script/bench`: run the cases on both engines, print the table, keep the results."""

import argparse
import sys
from collections.abc import Mapping

from bench import cases, report
from bench.builds import builds
from bench.busy import busy
from bench.engines import contestants
from bench.listing import listing
from bench.throughput import throughput
from bench.transfer import transfers


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measure Dockyard next to Debian's dockerd, with the same docker client, in one run, case by case "
        "in turn. Prints a table, and with --save writes bench/results/<date>.json and the table in README.md; of a "
        "run with --only, bench/results/<date>-<cases>.json alone.",
    )
    parser.add_argument("--rounds", type=int, default=20, help="repetitions of the short cases (default 20)")
    parser.add_argument(
        "--cycles", type=int, default=2000, help="run/rm cycles of the leak measurement (default 2000; 0: none)"
    )
    parser.add_argument("--megabytes", type=int, default=300, help="size of the log (default 300)")
    parser.add_argument(
        "--only", metavar="CASE", action="append", choices=sorted(CASES), help="one case; may be repeated"
    )
    parser.add_argument("--alone", action="store_true", help="without Docker: only what Dockyard takes")
    parser.add_argument("--save", action="store_true", help="keep the results and put the table into README.md")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a goal is missed")
    return parser.parse_args()


CASES = (
    "run_bridge",
    "run_none",
    "exec",
    "fifty",
    "listing",
    "busy",
    "log",
    "idle",
    "network",
    "builds",
    "growth",
    "transfer",
    "version",
)


def main() -> int:
    """Measure, print, keep."""
    chosen = arguments()
    wanted = set(chosen.only or CASES)
    results: dict[str, Mapping[str, float]] = {}
    with contestants(chosen.alone) as engines:
        server = engines[0].docker("version", "--format", "{{.Server.Version}}") if not chosen.alone else "not run"
        if "idle" in wanted:
            results["idle_pss"] = cases.idle_memory(engines)
        for name, case in (("run_bridge", cases.run_bridge), ("run_none", cases.run_none), ("exec", cases.exec_true)):
            if name in wanted:
                progress(name)
                results[name] = case(engines, chosen.rounds)
        if "fifty" in wanted:
            progress("fifty containers")
            results.update(cases.fifty(engines, max(1, min(3, chosen.rounds // 5))))
        if "listing" in wanted:
            progress("200 containers")
            results.update(listing(engines, chosen.rounds))
        if "log" in wanted:
            progress("log")
            results["log"] = cases.log_throughput(engines, chosen.megabytes, max(1, min(3, chosen.rounds // 5)))
        if "busy" in wanted:
            progress("answers while a hundred start")
            results.update(busy(engines))
        if "network" in wanted:
            progress("network")
            results.update(throughput(engines, max(1, min(9, chosen.rounds // 2))))
        if "builds" in wanted:
            progress("builds")
            results.update(builds(engines, chosen.rounds))
        if "growth" in wanted and chosen.cycles:
            progress(f"{chosen.cycles} cycles")
            results.update(cases.growth(engines[-1], chosen.cycles))
    results.update(_by_themselves(chosen, wanted))
    ordered = {name: results[name] for name in report.GOALS if name in results}
    settings = {"rounds": chosen.rounds, "cycles": chosen.cycles, "megabytes": chosen.megabytes}
    whole = report.document(ordered, settings, server)
    print(report.table(whole))
    if chosen.save:
        print(f"\nkept in {report.save(whole, chosen.only or ()).relative_to(report.ROOT)}")
        if not chosen.only:
            report.put_into_readme(whole)
    missed = [name for name, result in whole["results"].items() if result.get("met") is False]
    return 1 if chosen.check and missed else 0


def _by_themselves(chosen: argparse.Namespace, wanted: set[str]) -> dict[str, Mapping[str, float]]:
    """The cases that need no container, or engines of their own."""
    results: dict[str, Mapping[str, float]] = {}
    if "transfer" in wanted:
        progress("transfers")
        results.update(transfers(max(1, min(3, chosen.rounds // 5)), chosen.alone))
    if "version" in wanted:
        results["version"] = cases.version_ratio(chosen.rounds)
    return results


def progress(what: str) -> None:
    """A word on standard error about what is measured now."""
    print(f"… {what}", file=sys.stderr, flush=True)


sys.exit(main())
