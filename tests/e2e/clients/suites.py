"""Running somebody else's tests, unmodified, in their own environment, and reading what became of each."""

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Results(NamedTuple):
    """Names of the tests that passed and that were skipped; of those that failed also why."""

    passed: frozenset[str]
    skipped: frozenset[str]
    failed: Mapping[str, str]


def run_pytest(
    python: Path,
    source: Path,
    home: Path,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    enter: Sequence[str] = (),
) -> Results:
    """Run pytest of the environment of `python` in the folder `source`, with `home` as HOME, an empty folder.

    `enter` is put before the command: what runs it in another network namespace.
    """
    report = home / "report.xml"
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "PYTEST_", "PYTHON"))
    }
    command = [str(python), "-B", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}"]
    done = subprocess.run(
        [*enter, *command, *arguments],
        cwd=source,
        env={**inherited, "HOME": str(home), "TMPDIR": str(home), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert report.exists(), f"the tests didn't run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return read_junit(report)


def read_junit(report: Path) -> Results:
    """The results in a JUnit report; a test is named `Class::test`, or `module::test` when it has no class."""
    passed, skipped, failed = set(), set(), {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        problem = next((child for child in case if child.tag in ("failure", "error")), None)
        if problem is not None:
            failed[name] = (problem.get("message") or problem.text or "")[-400:]
        elif case.find("skipped") is not None:
            skipped.add(name)
        else:
            passed.add(name)
    return Results(frozenset(passed), frozenset(skipped), failed)


def read_exceptions(path: Path) -> dict[str, str]:
    """Tests that can't pass, and why: lines `NAME: reason`; a line that begins with # is a comment."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    exceptions = {}
    for line in lines:
        name, separator, reason = line.partition(": ")
        assert separator and reason.strip(), f"{path.name}: no reason is given: {line}"
        exceptions[name] = reason
    return exceptions
