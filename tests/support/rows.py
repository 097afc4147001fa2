"""Which acceptance rows are proved: a pytest plugin that notes the outcome of each test marked with
`@pytest.mark.row`, and (run as a program) the list of rows proved and rows open, for `script/test --rows`.

The rows stand in tests/data/acceptance.tsv. A row is proved when the last run of every test that carries it passed.
Outcomes are kept in pytest's cache, so that running one file doesn't make the others' rows open again.
"""

import argparse
import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

CACHE_KEY = "dockyard/rows"
ROOT = Path(__file__).parents[2]


class Row(NamedTuple):
    """A row of the acceptance table; `milestone` names the step that makes it true, and is empty while none does."""

    id: str
    milestone: str
    feature: str


def acceptance_rows() -> list[Row]:
    """All rows, in the order of the table."""
    with (ROOT / "tests" / "data" / "acceptance.tsv").open() as file:
        return [Row(*fields) for fields in list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put each test's rows where reports carry them, over xdist too. An unknown row is an error in the test."""
    known = {row.id for row in acceptance_rows()}
    for item in items:
        rows = [row for mark in item.iter_markers("row") for row in mark.args]
        if unknown := set(rows) - known:
            raise pytest.UsageError(f"{item.nodeid}: no such acceptance row: {', '.join(sorted(map(str, unknown)))}")
        if rows:
            item.user_properties.append(("rows", rows))


class Recorder:
    """Collects outcomes in the controlling process, and writes them at the end of the session.

    What is kept is the outcome of each test function: the worst of its parameters in the last session that ran it.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        rows: Any = next((value for name, value in report.user_properties if name == "rows"), None)
        if rows is None or (report.when != "call" and report.passed):
            return
        test = report.nodeid.partition("[")[0]
        known = self._outcomes.get(test)
        if known is None:
            self._outcomes[test] = {"rows": list(rows), "outcome": report.outcome}
        else:
            known["rows"] = sorted({*known["rows"], *rows})
            if report.outcome != "passed":
                known["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        cache = getattr(self._config, "cache", None)  # absent with -p no:cacheprovider
        if cache is None or not self._outcomes:
            return
        kept = {test: outcome for test, outcome in (cache.get(CACHE_KEY, {}) or {}).items() if is_there(test)}
        cache.set(CACHE_KEY, kept | self._outcomes)


def is_there(test: str) -> bool:
    """Whether the test `path::function` still exists: one that was renamed proves nothing, and fails nothing."""
    path, *names = test.split("::")
    file = ROOT / path
    return "[" not in test and file.exists() and f"def {names[-1]}(" in file.read_text()


def pytest_configure(config: pytest.Config) -> None:
    """Only the controller records, and only what is about Dockyard; a worker's reports reach it anyway."""
    if not hasattr(config, "workerinput") and config.getoption("--engine", default="dockyard") == "dockyard":
        config.pluginmanager.register(Recorder(config), "dockyard-rows")


def proved_rows(outcomes: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Row → the tests that proved it; rows with a test that failed or was skipped are left out."""
    tests: dict[str, list[str]] = {}
    unproved = {row for outcome in outcomes.values() if outcome["outcome"] != "passed" for row in outcome["rows"]}
    for node, outcome in outcomes.items():
        for row in outcome["rows"]:
            if row not in unproved:
                tests.setdefault(row, []).append(node)
    return tests


def main() -> None:
    """Print the rows proved and the rows open."""
    parser = argparse.ArgumentParser(
        prog="script/test --rows", description="List acceptance rows proved, and those open."
    )
    parser.add_argument("--all", action="store_true", help="also rows that no milestone has taken up yet")
    wanted = parser.parse_args()
    path = ROOT / ".pytest_cache" / "v" / CACHE_KEY
    outcomes = json.loads(path.read_text()) if path.exists() else {}
    proved = proved_rows(outcomes)
    carried = {row for outcome in outcomes.values() for row in outcome["rows"]}
    rows = [row for row in acceptance_rows() if row.milestone or row.id in proved or wanted.all]
    print("Proved by tests that passed in their last run:")
    for row in rows:
        if row.id in proved:
            files = sorted({node.partition("::")[0] for node in proved[row.id]})
            print(f"  {row.id:4} {row.feature[:70]:70} {', '.join(files)}")
    print("\nOpen:")
    for row in rows:
        if row.id not in proved:
            reason = "a test of it failed or was skipped" if row.id in carried else "no test ran"
            print(f"  {row.id:4} {row.feature[:70]:70} {reason}")
    taken = [row for row in rows if row.milestone]
    print(f"\n{sum(row.id in proved for row in taken)} of {len(taken)} rows proved")


if __name__ == "__main__":
    main()
