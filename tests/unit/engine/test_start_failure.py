"""What runtimes say against a start, and what becomes of it."""

import pytest

from dockyard.engine.containers.lifecycle.start_failure import HINT, INIT, TASK, runtime_failure, start_exit_code
from dockyard.errors import InvalidParameter, SystemFailure


@pytest.mark.parametrize(
    ("text", "ending", "code", "kind"),
    [
        ('exec: "x": executable file not found in $PATH', "", 127, InvalidParameter),
        ('exec: "/x": no such file or directory', "", 127, InvalidParameter),
        ('exec: "/etc/passwd": permission denied', "", 126, InvalidParameter),
        ('exec: "/etc": is a directory', "", 126, InvalidParameter),
        ('error mounting "/f" to rootfs at "/d": not a directory', HINT, 127, InvalidParameter),
        ("error setting rlimit type 7: operation not permitted", "", 128, SystemFailure),
    ],
)
def test_words_exit_code_and_kind(text: str, ending: str, code: int, kind: type) -> None:
    error = runtime_failure(text, external=False)
    assert (type(error), str(error)) == (kind, f"{TASK}{INIT}{text}{ending}")
    assert start_exit_code(str(error)) == code


def test_an_external_runtime_speaks_for_itself() -> None:
    assert str(runtime_failure("runc create failed: x", external=True)) == f"{TASK}runc create failed: x"


def test_what_no_runtime_has_said_is_left_alone() -> None:
    assert start_exit_code("Bind for 0.0.0.0:80 failed: no such file or directory") == 128
