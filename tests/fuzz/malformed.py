"""Requests that are wrong in one way each, from a seed: JSON, headers, chunks, sizes, clients that leave too early.

    for traffic in malformed(seed=1, count=10_000): ...

Each is the bytes of one connection and how it ends. `HANG_UP` resets the connection without waiting for the answer.
"""

import json
import random
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from dockyard.api.routes import ROUTES


class Ending(Enum):
    """What the client does when it has sent its bytes."""

    READ = "waits for the answer"
    HALF_CLOSE = "says that nothing more comes, and waits for the answer"
    HANG_UP = "leaves at once"


class Traffic(NamedTuple):
    """Bytes of one connection, and what its client does then."""

    data: bytes
    ending: Ending


LASTING = frozenset({"SystemEvents", "ContainerLogs", "ContainerStats", "ContainerWait", "ContainerAttach", "Session"})
LASTING |= {"ContainerAttachWebsocket", "ImageCreate", "ImagePush", "ImageSearch", "DistributionInspect", "SystemAuth"}
"""Operations whose answers last, or that ask other machines."""
TARGETS = [(method, path) for method, path, operation in ROUTES if operation not in LASTING]
JSON_TARGETS = ["/containers/create", "/containers/x/exec", "/exec/x/start", "/containers/x/update", "/commit"]
JSON_TARGETS += ["/volumes/create", "/networks/create", "/build/prune", "/services/create", "/swarm/leave"]

DOCUMENT = json.dumps(
    {
        "Image": "busybox",
        "Cmd": ["a", "b"],
        "HostConfig": {"Memory": 5, "Binds": ["/a:/b"], "PortBindings": {"80/tcp": [{"HostPort": "1"}]}},
    }
).encode()
VALUES = [b"null", b"[]", b"{}", b'""', b"1e999", b"-0", b"true", b"1" * 400, b'"\\ud800"', b"[[[[]]]]", b'{"a":1}']
NAMES = ["x", "busybox", "%00", "..", "%2e%2e%2f", "a" * 3000, "%ff%fe", "x%0d%0aX:1", "", "-", "é", "sha256:0"]


def malformed(seed: int, count: int) -> Iterator[Traffic]:
    """`count` of them, the same for the same seed."""
    chance = random.Random(seed)
    makers = (bad_json, bad_json, bad_headers, bad_chunks, bad_sizes, bad_targets, early_ends, noise)
    for _ in range(count):
        yield chance.choice(makers)(chance)


def post(path: str, body: bytes, headers: bytes = b"Content-Type: application/json\r\n") -> bytes:
    """A request that is right as HTTP."""
    return b"POST %s HTTP/1.1\r\nHost: d\r\n%sContent-Length: %d\r\n\r\n%s" % (path.encode(), headers, len(body), body)


def bad_json(chance: random.Random) -> Traffic:
    """A document with bytes changed, cut off, put in, nested too deep, or of another type than it should be."""
    body = bytearray(DOCUMENT)
    kind = chance.randrange(6)
    if kind == 0:
        for _ in range(chance.randrange(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
    elif kind == 1:
        del body[chance.randrange(len(body)) :]
    elif kind == 2:
        place = chance.randrange(len(body))
        body[place:place] = chance.choice(VALUES)
    elif kind == 3:
        depth = chance.choice((50, 2000, 100_000))
        body[:] = chance.choice((b"[", b'{"HostConfig":')) * depth
    elif kind == 4:
        key = chance.choice(("Image", "Cmd", "HostConfig", "Env", "Labels", "Healthcheck", "NetworkingConfig", "Name"))
        body[:] = b'{"%s":%s}' % (key.encode(), chance.choice(VALUES))
    else:
        body[:] = chance.choice(VALUES)
    return Traffic(post(chance.choice(JSON_TARGETS), bytes(body)), Ending.READ)


def bad_headers(chance: random.Random) -> Traffic:
    """Headers that aren't, that contradict each other, or that are many or long."""
    headers = chance.choice(
        (
            b"Content-Length: x\r\n",
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Content-Length: -5\r\n",
            b"Content-Length: %d\r\n" % (1 << 70),
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip, chunked\r\n",
            b"Transfer-Encoding: identity\r\n",
            b"Content-Type: \xff\xfe\r\n",
            b"Content-Type: application/json; charset=\x00\r\n",
            b"X Y: z\r\n",
            b": nameless\r\n",
            b" folded\r\n",
            b"X-Registry-Auth: %s\r\n" % (b"A" * chance.choice((10, 5000, 300_000))),
            b"Upgrade: tcp, websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Key: x\r\n",
            b"Expect: 200-ok\r\n",
            b"Range: bytes=-1\r\n",
            b"Connection: %s\r\n" % (b"a," * 300),
            b"X: y\r\n" * chance.choice((50, 3000)),
        )
    )
    method, path = chance.choice(TARGETS)
    line = f"{method} {named(path, chance)} HTTP/1.1\r\n".encode()
    return Traffic(line + b"Host: d\r\n" + headers + b"\r\n", Ending.HALF_CLOSE)


def bad_chunks(chance: random.Random) -> Traffic:
    """A chunked body that is wrong somewhere."""
    body = chance.choice(
        (
            b"5\r\nhello",
            b"5\r\nhello\r\n0\r\n",
            b"zz\r\nhello\r\n0\r\n\r\n",
            b"-5\r\nhello\r\n0\r\n\r\n",
            b"ffffffffffffffffffff\r\nhello\r\n",
            b"5;%s\r\nhello\r\n0\r\n\r\n" % (b"e" * chance.choice((10, 100_000))),
            b"5\nhello\n0\n\n",
            b"5\r\nhelloo\r\n0\r\n\r\n",
            b"0\r\nTrailer: %s\r\n\r\n" % (b"t" * chance.choice((1, 100_000))),
            b"0x5\r\nhello\r\n0\r\n\r\n",
            b"",
            b"\r\n\r\n",
        )
    )
    path = chance.choice([*JSON_TARGETS, "/images/load", "/build", "/containers/x/archive?path=/"])
    method = b"PUT" if "archive" in path else b"POST"
    kind = b"Content-Type: application/json\r\n" if path in JSON_TARGETS else b"Content-Type: application/x-tar\r\n"
    head = b"%s %s HTTP/1.1\r\nHost: d\r\n%sTransfer-Encoding: chunked\r\n\r\n" % (method, path.encode(), kind)
    return Traffic(head + body, Ending.HALF_CLOSE)


def bad_sizes(chance: random.Random) -> Traffic:
    """Too long a line, header or query; a body longer or shorter than was said."""
    kind = chance.randrange(4)
    if kind == 0:
        return Traffic(b"GET /%s HTTP/1.1\r\nHost: d\r\n\r\n" % (b"a" * chance.choice((9000, 70_000))), Ending.READ)
    if kind == 1:
        return Traffic(
            b"GET /info?%s HTTP/1.1\r\nHost: d\r\n\r\n" % (b"a=b&" * chance.choice((100, 20_000))), Ending.READ
        )
    if kind == 2:
        return Traffic(post(chance.choice(JSON_TARGETS), DOCUMENT) + b"x" * chance.randrange(1, 3000), Ending.READ)
    said = len(DOCUMENT) + chance.choice((1, 1000, 1 << 40))
    data = post(chance.choice(JSON_TARGETS), DOCUMENT).replace(b"Length: %d" % len(DOCUMENT), b"Length: %d" % said)
    return Traffic(data, chance.choice((Ending.HALF_CLOSE, Ending.HANG_UP)))


def bad_targets(chance: random.Random) -> Traffic:
    """Paths, versions, queries and methods that make no sense."""
    method, path = chance.choice(TARGETS)
    method = chance.choice((method, method, "BREW", "get", "\x00", "CONNECT", "TRACE", "OPTIONS"))
    version = chance.choice(("", "/v1.41", "/v0", "/v1.", "/v" + "9" * 500, "/v1.41.41", "/v-1", "//", "/v1.55/v1.55"))
    query = chance.choice(
        ("", "?filters={", "?filters=%5B%5D", "?all=%", "?limit=" + "9" * 5000, "?&&&=&", "?t=-1&t=x")
    )
    protocol = chance.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP/1.1 x", ""))
    line = f"{method} {version}{named(path, chance)}{query} {protocol}\r\n".encode()
    return Traffic(line + b"Host: d\r\n\r\n", Ending.HALF_CLOSE)


def early_ends(chance: random.Random) -> Traffic:
    """A request that is cut off anywhere, or whose client doesn't wait for the answer."""
    method, path = chance.choice(TARGETS)
    whole = f"{method} {named(path, chance)} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n".encode()
    whole += b"Content-Length: %d\r\n\r\n%s" % (len(DOCUMENT), DOCUMENT) if method == "POST" else b"\r\n"
    return Traffic(whole[: chance.randrange(len(whole) + 1)], chance.choice((Ending.HANG_UP, Ending.HALF_CLOSE)))


def noise(chance: random.Random) -> Traffic:
    """Bytes of other protocols, or of none."""
    start = chance.choice(
        (b"", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"SSH-2.0-x\r\n", b"GET ")
    )
    return Traffic(start + chance.randbytes(chance.randrange(300)), Ending.HALF_CLOSE)


def named(path: str, chance: random.Random) -> str:
    """A route's path with a name in it."""
    name = chance.choice(NAMES)
    return path.replace("{id}", name).replace("{name}", name)
