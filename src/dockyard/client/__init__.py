"""The Engine API from the caller's side: what `dockyard` and Compose speak to a daemon with, ours or Docker's.

    address.py      where the daemon is                connection.py   one socket, its bytes in and out
    http1.py        heads of requests and answers      response.py     an answer: status, headers, body in pieces
    engine.py       EngineClient: a request, its answer or its error
    stdcopy.py      the frames of an attached stream
    containers.py, images.py, execs.py, networks.py, volumes.py, system.py     one function an endpoint
    build/           builds with BuildKit: sessions, secrets, SSH agents      credentials/     config.json and helpers
    sdk.py           Client: an EngineClient that builds, for programs

HTTP/1.1 is written out here, in a few hundred lines on `_socket`, because a short command is mostly start-up: a
library's import costs more than the whole conversation (docs/adr/0003-libraries.md).
Clauses: RFC 9112 (messages), the Engine API reference (endpoints, hijacking, stream format).
"""
