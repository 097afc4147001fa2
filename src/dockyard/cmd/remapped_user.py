"""`--userns-remap` resolved on this machine: its files are read, and `default` gets its user as with dockerd.

dockremap is made with the system's own tools, useradd(8) and usermod(8), when it isn't there; its subordinate ids are
the 65536 after the highest that anybody has.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence

from dockyard.engine.security.remap import DEFAULT_USER, AccountFiles, Remap, parse_remap
from dockyard.errors import InvalidParameter

FIRST_ID = 100_000
RANGE = 65_536

Run = Callable[[Sequence[str]], None]


def resolve_remap(text: str, directory: str = "/etc", run: Run | None = None) -> Remap | None:
    """The mappings for `--userns-remap=text`; None when that is empty.

    Args:
        text: as the user gave it.
        directory: where passwd, group, subuid and subgid are.
        run: executes a program of user administration; the default does so on this machine.

    Raises:
        InvalidParameter: no such user or group, no ids, or the user can't be made.
    """
    if not text:
        return None
    files = _read(directory)
    if text == "default":
        files = _with_default_user(files, directory, run or _run)
    return parse_remap(text, files)


def _with_default_user(files: AccountFiles, directory: str, run: Run) -> AccountFiles:
    if not any(line.startswith(f"{DEFAULT_USER}:") for line in files.passwd.splitlines()):
        run(("useradd", "--system", "--shell", "/bin/false", "--no-create-home", DEFAULT_USER))
    for text, option in ((files.subuid, "--add-subuids"), (files.subgid, "--add-subgids")):
        if not any(line.startswith(f"{DEFAULT_USER}:") for line in text.splitlines()):
            first = free_range(text)
            run(("usermod", option, f"{first}-{first + RANGE - 1}", DEFAULT_USER))
    return _read(directory)


def free_range(text: str) -> int:
    """The first of 65536 ids that come after all those in `text`, the content of subuid or subgid."""
    fields = (line.split(":") for line in text.splitlines())
    ends = (int(one[1]) + int(one[2]) for one in fields if len(one) == 3 and one[1].isdecimal() and one[2].isdecimal())
    return max(ends, default=FIRST_ID)


def _read(directory: str) -> AccountFiles:
    return AccountFiles(*(_text(f"{directory}/{name}") for name in ("passwd", "group", "subuid", "subgid")))


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InvalidParameter(f"--userns-remap: {error}") from error


def _run(command: Sequence[str]) -> None:
    if shutil.which(command[0]) is None:
        raise InvalidParameter(f"--userns-remap=default needs the user {DEFAULT_USER}, and there is no {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InvalidParameter(f"--userns-remap=default: {' '.join(command)}: {done.stderr.strip()}")
