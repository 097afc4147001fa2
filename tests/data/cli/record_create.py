"""Writes create.golden.json: what the real docker client says and sends for each line of create.cases.

    python tests/data/cli/record_create.py [DOCKER]

It answers the client on a socket of its own, so no daemon is needed. Zeros, empty lists and the like are left out of
the recorded body, since leaving a key out and sending its zero value mean the same to the API.
"""

import json
import os
import re
import shlex
import socketserver
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent
SETS = ("ExposedPorts", "Volumes", "Labels", "Tmpfs", "Annotations", "Sysctls", "StorageOpt", "PortBindings", "Config")
"""Keys of maps whose members count, also with an empty value."""


def significant(value: Any) -> Any:
    """`value` without what is empty or zero, except where an empty value says something."""
    if isinstance(value, dict):
        kept = {key: item if key in SETS and item else significant(item) for key, item in value.items()}
        kept |= {key: "[]" for key, item in value.items() if key in ("MaskedPaths", "ReadonlyPaths") and item == []}
        for key in ("Env", "Binds"):
            if kept.get(key):
                kept[key] = sorted(kept[key])  # the client sends them in no order
        return {key: item for key, item in kept.items() if item not in (None, "", 0, False, [], {}, [0, 0])}
    if isinstance(value, list):
        return [significant(item) for item in value]
    return value


def cases() -> list[list[str]]:
    """The command lines, with $DATA put in."""
    lines = [line for line in (DATA / "create.cases").read_text().splitlines() if line and not line.startswith("#")]
    return [[word.replace("$DATA", str(DATA)) for word in shlex.split(line)] for line in lines]


def line_of(words: list[str]) -> str:
    """The command line as it stands in the record: without the path of this directory."""
    return shlex.join(word.replace(str(DATA), "$DATA") for word in words)


class _Handler(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, target, _ = line.decode().split()
            headers = {}
            while field := self.rfile.readline().strip():
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            answer, status = b"OK", "200 OK"
            if "/containers/create" in target:
                self.server.requests.append((target, json.loads(body)))
                answer, status = b'{"Id":"' + b"ab" * 32 + b'","Warnings":[]}', "201 Created"
            head = f"HTTP/1.1 {status}\r\nApi-Version: 1.50\r\nOsType: linux\r\nServer: Docker/28.2.2 (linux)\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + (b"" if method == "HEAD" else answer))


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    requests: list[tuple[str, Any]]


def main(docker: str) -> None:
    """Records all cases."""
    records = []
    with tempfile.TemporaryDirectory() as directory, _Server(f"{directory}/s", _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for words in cases():
            server.requests = []
            command = [docker, "-H", f"unix://{directory}/s", "create", *words]
            environment = {"PATH": os.environ["PATH"], "HOME": "/root"}
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/", timeout=30)
            record: dict[str, Any] = {"line": line_of(words), "exit": done.returncode}
            record["stderr"] = done.stderr.replace(str(DATA), "$DATA")
            if server.requests:
                target, body = server.requests[0]
                record["target"] = re.sub(r"^/v[\d.]+", "", target)
                record["body"] = significant(body)
            records.append(record)
        server.shutdown()
    text = ",\n".join(json.dumps(record, ensure_ascii=False, sort_keys=True) for record in records)
    (DATA / "create.golden.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "docker")
