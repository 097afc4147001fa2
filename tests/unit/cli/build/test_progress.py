"""What a build shows, from updates as a daemon sends them. Texts are those of buildx in the same situation."""

import json
import re

import pytest

from dockyard.cli.build.plain import Plain, size_text
from dockyard.cli.build.raw_json import RawJson
from dockyard.cli.build.terminal import Terminal
from dockyard.cli.build.trace import Trace
from dockyard.client.build.progress import Amount, Source, Step, Update, Warned, Written

S = 10**9
T = 1_800_000_000 * S


def step(digest, name, started=None, completed=None, **more):
    return Step(digest, name, (), T + started * S if started is not None else None,
                T + completed * S if completed is not None else None, **more)  # fmt: skip


def wrote(digest, at, data):
    return Written(digest, 1, data, T + int(at * S))


def plain(*updates, description="building"):
    out = []
    display = Plain(out.append, description)
    for update in updates:
        display.trace.take(update)
        display.tick()
    display.finish()
    return "".join(out)


def test_steps_one_after_the_other():
    assert plain(
        Update((step("a", "[1/2] FROM x"), step("b", "[2/2] RUN y"))),
        Update((step("a", "[1/2] FROM x", 0, 1, cached=True),)),
        Update((step("b", "[2/2] RUN y", 1),)),
        Update(written=(wrote("b", 1.5, b"one\ntw"), wrote("b", 3, b"o\n\nlast"))),
        Update((step("b", "[2/2] RUN y", 1, 3),)),
    ) == (
        "#0 building\n\n"
        "#1 [1/2] FROM x\n#1 CACHED\n\n"
        "#2 [2/2] RUN y\n#2 0.500 one\n#2 0.500 two\n#2 2.000 \n#2 2.000 last\n#2 DONE 2.0s\n"
    )


def test_a_line_that_comes_in_pieces():
    assert (
        plain(
            Update((step("b", "RUN y", 1),), written=(wrote("b", 1.5, b"tw"),)),
            Update(written=(wrote("b", 2, b"o"),)),
            Update(written=(wrote("b", 2, b" three\nnext\n"),)),
            Update((step("b", "RUN y", 1, 3),)),
            description="",
        )
        == "#1 RUN y\n#1 0.500 two three\n#1 1.000 next\n#1 DONE 2.0s\n"
    )


def test_another_steps_output_waits():
    text = plain(
        Update((step("a", "A", 0), step("b", "B", 0))),
        Update(written=(wrote("a", 1, b"a1\n"),)),
        Update(written=(wrote("b", 1, b"b1\n"),)),
        Update(written=(wrote("a", 2, b"a2\n"),)),
        Update((step("a", "A", 0, 3), step("b", "B", 0, 4))),
    )
    first, second = ("A", "B") if text.index(" A\n") < text.index(" B\n") else ("B", "A")
    assert re.findall(r"#\d ([AB])\n", text) in ([first, second], [first, second, first])
    assert text.index("a1") < text.index("a2")
    assert "#1 DONE" in text
    assert "#2 DONE" in text


def test_errors_are_shown_again_in_the_end():
    text = plain(
        Update((step("a", "RUN bad", 0), step("b", "RUN other", 0))),
        Update(written=(wrote("a", 1, b"".join(b"line %d\n" % number for number in range(30))),)),
        Update(
            (step("a", "RUN bad", 0, 2, error="exit code: 1"), step("b", "RUN other", 0, 2, error="context canceled"))
        ),
    )
    assert "ERROR: exit code: 1\n" in text
    assert "CANCELED\n" in text
    assert text.endswith(
        "------\n > RUN bad:\n" + "".join(f"1.000 line {number}\n" for number in range(20, 30)) + "------\n"
    )


def test_amounts_and_warnings():
    def amount(current, at, completed=None, total=0):
        return Amount(
            "transferring context:", "a", "", current, total, T + at * S, T, T + completed * S if completed else None
        )

    text = plain(
        Update((step("a", "context", 0),), (amount(10, 1),)),
        Update(amounts=(amount(20, 2),)),  # too little, too soon
        Update(amounts=(amount(1234567, 9),)),
        Update((step("a", "context", 0, 10),), (amount(2_000_000, 10, 10),), warnings=(Warned("a", 1, "Rule: bad"),)),
    )
    assert text == (
        "#0 building\n\n#1 context\n#1 transferring context: 10B 1.0s\n#1 transferring context: 1.23MB 9.0s\n"
        "#1 transferring context: 2.00MB 10.0s done\n#1 WARN: Rule: bad\n#1 DONE 10.0s\n"
    )


def test_groups_are_one_step():
    def member(digest, started, completed, weak=False):
        return step(digest, digest, started, completed, group_id="g", group_name="[1/2] COPY", group_weak=weak)

    trace = Trace()
    trace.take(Update((member("w", 0, 1, True),)))
    assert trace.visible() == []
    trace.take(Update((member("x", 1, 2), member("y", 2, None))))
    (group,) = trace.visible()
    assert (group.name, group.completed) == ("[1/2] COPY", False)
    trace.take(Update((member("y", 2, 5),)))
    assert group.completed
    assert group.seconds(0) == pytest.approx(5)
    assert trace.counts() == (1, 1)


def test_a_step_that_runs_again():
    trace = Trace()
    trace.take(Update((step("a", "A", 0, 2),)))
    trace.take(Update((step("a", "A", 1, 4),)))
    trace.take(Update((step("a", "A"),)))
    (shown,) = trace.visible()
    assert shown.seconds(0) == pytest.approx(4)


def test_sizes():
    assert [size_text(size) for size in (0, 999, 1000, 1234567, 5e12)] == ["0B", "999B", "1.00kB", "1.23MB", "5.00TB"]


def terminal(rows, columns, *updates, colors=False):
    out = []
    display = Terminal(out.append, lambda: (rows, columns), "docker:default", colors=colors)
    for update in updates:
        display.trace.take(update)
        display.tick()
    display.finish()
    return out


def test_a_terminal_is_drawn_over():
    out = terminal(
        24, 60,
        Update((step("a", "[1/2] FROM\tx \x1b[31m", 0), step("b", "late"))),
        Update((step("a", "[1/2] FROM\tx \x1b[31m", 0, 1),), written=(wrote("a", 1, b"hidden\n"),)),
        Update((step("b", "late", 1),), written=(wrote("b", 1, b"seen \x1b[2J\n"),)),
        Update((step("b", "late", 1, 3),)),
    )  # fmt: skip
    assert all("\x1b[31m" not in one and "\x1b[2J" not in one for one in out)
    assert " => => # seen [2J\n" in out[2]
    assert out[2].startswith("\x1b[?25l\x1b[2A")
    assert "FINISHED" in out[-1]
    assert "(2/2)" in out[-1]
    for one in out:
        for line in one.split("\n"):
            assert len(re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\r", "", line)) <= 60


def test_a_small_terminal():
    updates = [Update((step(str(number), f"step {number}", number),)) for number in range(50)]
    out = terminal(10, 20, *updates)
    assert max(one.count("\n") for one in out[:-1]) <= 9
    assert terminal(1, 1, *updates)


def test_json_lines():
    out = []
    display = RawJson(out.append)
    display.take(
        Update(
            (step("a", "A", 0, 1, cached=True),),
            (Amount("x", "a", "", 0, 5, T + 1, T),),
            (wrote("a", 1, b"\xff"),),
            (Warned("a", 1, "short", ("d",), "u", Source("D", b"F", (((1, 0), (1, 4)),))),),
        )
    )
    assert json.loads(out[0]) == {
        "vertexes": [
            {"digest": "a", "name": "A", "started": "2027-01-15T08:00:00Z", "completed": "2027-01-15T08:00:01Z",
             "cached": True}
        ],
        "statuses": [
            {"id": "x", "vertex": "a", "total": 5, "current": 0, "timestamp": "2027-01-15T08:00:00.000000001Z",
             "started": "2027-01-15T08:00:00Z"}
        ],
        "logs": [{"vertex": "a", "stream": 1, "data": "/w==", "timestamp": "2027-01-15T08:00:01Z"}],
        "warnings": [
            {"vertex": "a", "level": 1, "short": "c2hvcnQ=", "detail": ["ZA=="], "url": "u",
             "sourceInfo": {"filename": "D", "data": "Rg=="},
             "range": [{"start": {"line": 1}, "end": {"line": 1, "character": 4}}]}
        ],
    }  # fmt: skip
