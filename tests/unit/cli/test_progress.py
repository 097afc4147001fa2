"""Progress: lines drawn over on a terminal, plain lines elsewhere."""

import pytest

from dockyard.cli.output.progress import amounts, drawn, error_in

PULL = [
    {"status": "Pulling from library/busybox", "id": "latest"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "aaa"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "bbb"},
    {"status": "Downloading", "progressDetail": {"current": 500, "total": 1000}, "progress": "x", "id": "aaa"},
    {"status": "Pull complete", "progressDetail": {}, "id": "bbb"},
    {"aux": {"ID": "x"}},
    {"status": "Digest: sha256:1"},
    {"stream": "Loaded image: x\n"},
]


def test_plain_lines() -> None:
    assert drawn(PULL, None) == (
        "latest: Pulling from library/busybox\naaa: Pulling fs layer\nbbb: Pulling fs layer\nbbb: Pull complete\n"
        "Digest: sha256:1\nLoaded image: x\n"
    )


def test_on_a_terminal() -> None:
    assert drawn(PULL, 80) == (
        "latest: Pulling from library/busybox\n"
        "\n\x1b[1A\x1b[2K\raaa: Pulling fs layer \r\x1b[1B"
        "\n\x1b[1A\x1b[2K\rbbb: Pulling fs layer \r\x1b[1B"
        "\x1b[2A\x1b[2K\raaa: Downloading     500B/1kB\r\x1b[2B"
        "\x1b[1A\x1b[2K\rbbb: Pull complete \r\x1b[1B"
        "Digest: sha256:1\nLoaded image: x\n"
    )


@pytest.mark.parametrize(
    ("detail", "columns", "text"),
    [
        ({}, 80, ""),
        ({"current": 327_680, "total": 30_000_000}, 80, " 327.7kB/30MB"),
        ({"current": 15, "total": 30}, 120, f"[{'=' * 25}>{' ' * 25}]      15B/30B"),
        ({"current": 30, "total": 30}, 120, f"[{'=' * 50}>]      30B/30B"),
        ({"current": 40, "total": 30}, 120, f"[{'=' * 50}>]      40B"),
        ({"current": 40}, 120, "     40B"),
        ({"current": 3, "units": "s"}, 120, "3 s"),
        ({"current": 3, "total": 4, "units": "layers"}, 80, "3/4 layers"),
        ({"current": 3, "total": 4, "hidecounts": True}, 80, ""),
    ],
)
def test_amounts(detail: dict[str, object], columns: int, text: str) -> None:
    assert amounts(detail, columns) == text


def test_errors() -> None:
    assert error_in({"errorDetail": {"message": "no space"}, "error": "no space"}) == "no space"
    assert error_in({"error": "gone"}) == "gone"
    assert error_in({"status": "fine"}) == ""
