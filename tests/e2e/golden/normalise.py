"""What may differ between two engines that behave the same: ids, times, addresses, ports and the widths of columns.

And what newer versions of Docker say otherwise everywhere (NEWER): the reference is Debian's, which may be 20.10.
"""

import re
from collections.abc import Callable

from tests.e2e.golden.case import Outcome

PATTERNS = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"\b[0-9a-f]{64}\b", "<id>"),
        (r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b", "<short>"),
        (r"(---> (?:Running in )?|intermediate container )\d{12}\b", r"\1<short>"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?( [+-]\d{4})?( [A-Z]{3,4})?", "<time>"),
        (r"\b(About an?|\d+|Less than an?) (second|minute|hour|day|week|month|year)s?\b", "<while>"),
        (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<mac>"),
        (r"(0\.0\.0\.0|\[::\]|127\.0\.0\.1|localhost):(3[2-9]|[45]\d)\d{3}\b", r"\1:<port>"),
        (r'("?HostPort"?:\s*"?)(3[2-9]|[45]\d)\d{3}\b', r"\1<port>"),
        (r"\b172\.17\.0\.\d+", "<address>"),
        (r"/tmp/dockyard-docker-\w+/(data|run)/docker/|/tmp/dyt?\w+-\w+/(data|run)/", r"<\1\2>/"),
        (r"/(dockyard-docker-\w+|dyt\w+|dygold)/", "/<parent>/"),
        (r"netns/(<id>|<short>)", "netns/<sandbox>"),
        (r'cannot remove container "/?[^"]+"', "cannot remove container"),
        (r"\bendpoint [a-z]+_[a-z]+\d?\b", "endpoint <name>"),
        (r"[ \t]+$", ""),
        (r" {2,}|\t+", "  "),
    )
)

STARTING = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: "
    "runc create failed: unable to start container process: "
)
ADDRESS = r"(Bind for )(?:0\.0\.0\.0|::)(:\d+ failed)"
"""Docker 28 takes the port of both families at once; the one that it tells is the first to be refused."""
STATES = "created, running, paused, restarting, removing, exited, dead"
NEWER: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # 23.0 and runc 1.1: the chain of causes got other words
    (
        re.escape("failed to create shim task: OCI runtime create failed: runc create failed: ").join(
            (r"(?<!container: )", "")
        )
        + re.escape("unable to start container process: "),
        STARTING,
    ),
    # runc 1.2: where it went wrong; and a directory is called one (Go 1.20), with the old word behind it for clients
    (re.escape(f"{STARTING}exec: "), f"{STARTING}error during container init: exec: "),
    (r'(exec: "/etc": )permission denied', r"\1is a directory"),
    # 28.0: without the class of the error
    (r'(exec: "/etc": is a directory): unknown: permission denied', r"\1"),
    (r": unknown(?=[\r\n]|: Are you trying to mount)", ""),
    # 28.0: which part of a start it was
    (
        (
            r"^(docker: Error response from daemon: )"
            r"(?=network \S+ not found|Address already in use|cannot create endpoint on|driver failed programming)"
        ),
        r"\1failed to set up container networking: ",
    ),
    (
        r"^(Error response from daemon: )(?=driver failed programming)",
        r"\1failed to set up container networking: ",
    ),
    (ADDRESS, r"\g<1>0.0.0.0\2"),
    # 23.0: quoted
    (r"(failed to parse value as time or duration: )(\w+)$", r'\1"\2"'),
    # 28.0: what would have been valid
    (
        r"[Ii]nvalid filter 'status=(\w+)'$",
        rf"invalid filter 'status=\1': invalid value for state (\1): must be one of {STATES}",
    ),
    # 23.0: as it was written
    (r"\b\w+(?= is not a valid change command)", lambda found: found[0].upper()),
    # 24.0: errors begin with small letters
    (r"\bContainer (<id>|\w+) is (not running|paused)", r"container \1 is \2"),
    (r"\bCannot kill container: ", "cannot kill container: "),
    (r"\bInvalid filter '", "invalid filter '"),
    # 23.0: the state, and what to do about it
    (
        r"You cannot remove a running container <id>\. Stop the container before attempting removal or force remove",
        "cannot remove container: container is running: stop the container before removing or force remove",
    ),
    # 25.0: the addresses that end in 0 are written shorter
    (r"^(fe00|ff00)::0 ", r"\1:: "),
    # 24.0: what becomes of a step's container
    (r"Removing intermediate container <short>", " ---> Removed intermediate container <short>"),
    # 24.0 and later: errors begin with small letters
    (r"\bInvalid (containerPort|signal): ", r"invalid \1: "),
    # 23.0: not said twice
    (r"\bno such image: \S+: No such image: ", "No such image: "),
    # 23.0: where that happened
    (
        r"(?<!container: )failed to initialize logging driver: ",
        "failed to create task for container: failed to initialize logging driver: ",
    ),
    # 28.0: how the image's name was completed
    (
        r"invalid reference format: repository name must be",
        "invalid reference format: repository name (library/X) must be",
    ),
)


def normalised(outcome: Outcome, home: str) -> Outcome:
    """An outcome without what can't be equal. `home`: the folder that the command ran in."""
    return Outcome(outcome.code, _normalised(outcome.out, home), _normalised(outcome.err, home))


def newer(outcome: Outcome) -> Outcome:
    """What the reference said, in the words of the newest Docker."""
    return Outcome(outcome.code, _newer(outcome.out), _newer(outcome.err))


def _normalised(text: str, home: str) -> str:
    text = text.replace(home, "<here>")
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text if text.strip() else ""


def _newer(text: str) -> str:
    for pattern, replacement in NEWER:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return text


OLD_CLIENT = (
    # both clients say what to do next, each in its way
    (r"\.?\n+(See|Run) 'docker [a-z ]+ --help'[a-z .]*\n", "\n"),
    (r"\.$", ""),
    # said when the start has failed and the wait is given up; ours has been answered by then
    (r'^time="<time>" level=error msg="error waiting for container: context canceled"\n', ""),
)


def of_any_client(outcome: Outcome) -> Outcome:
    """An outcome without what the client of 20.10 adds or leaves out."""
    error = outcome.err
    for pattern, replacement in OLD_CLIENT:
        error = re.sub(pattern, replacement, error, flags=re.MULTILINE)
    return outcome._replace(err=error)
