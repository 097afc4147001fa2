"""Writes output.golden.json: what the real docker client prints for each line of output.cases.

    python tests/data/cli/record_output.py [DOCKER]

The daemon that it talks to is `AnswerServer`, which answers from answers.json, with times moved to now: a negative
`Created` is so many seconds ago. The tests let Dockyard's client talk to the same server.
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
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent


def cases() -> list[str]:
    """The lines of output.cases."""
    return [line for line in (DATA / "output.cases").read_text().splitlines() if line and not line.startswith("#")]


def normalised(text: str) -> str:
    """What a client printed, without its own name, and without times that depend on the hour of the recording."""
    text = text.replace("dockyard", "docker")
    text = re.sub(r"(Client:\n Version: +)\S+", r"\1<VERSION>", text)
    return re.sub(r"\d{4}-\d\d-\d\d(T[\d:]{8}Z| [\d:]{8} [+-]\d{4} \w+)", "<TIME>", text)


def _moved(value: Any, now: int) -> Any:
    if isinstance(value, dict):
        moved = {key: _moved(item, now) for key, item in value.items()}
        if isinstance(moved.get("Created"), int) and moved["Created"] < 0:
            moved["Created"] += now
        return moved
    return [_moved(item, now) for item in value] if isinstance(value, list) else value


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        answers = _moved(json.loads((DATA / "answers.json").read_text()), int(time.time()))
        while line := self.rfile.readline():
            method, target, _ = line.decode().split()
            headers = {}
            while field := self.rfile.readline().strip():
                name, _, value = field.decode().partition(":")
                headers[name.lower()] = value.strip()
            self.rfile.read(int(headers.get("content-length", 0)))
            status, answer = _answer(re.sub(r"^/v[\d.]+", "", target).partition("?")[0], answers)
            head = f"HTTP/1.1 {status}\r\nApi-Version: 1.41\r\nOsType: linux\r\nServer: Docker/20.10.24 (linux)\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + (b"" if method == "HEAD" else answer))


def _answer(path: str, answers: dict[str, Any]) -> tuple[str, bytes]:
    if path == "/_ping":
        return "200 OK", b"OK"
    if path == "/events":
        return "200 OK", "".join(f"{json.dumps(event)}\n" for event in answers[path]).encode()
    if path in answers:
        return "200 OK", json.dumps(answers[path], ensure_ascii=False).encode()
    noun, name = path.split("/")[1:3]
    messages = {
        "containers": f"No such container: {name}",
        "images": f"No such image: {name}:latest",
        "networks": f"network {name} not found",
        "volumes": f"get {name}: no such volume",
    }
    return "404 Not Found", json.dumps({"message": messages.get(noun, "page not found")}).encode()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def answer_server() -> Iterator[str]:
    """A daemon made of answers.json; yields its address."""
    with tempfile.TemporaryDirectory() as directory, _Server(f"{directory}/s", _Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"unix://{directory}/s"
        server.shutdown()


def main(docker: str) -> None:
    """Records all lines."""
    records = []
    environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LC_ALL": "C.UTF-8"}
    with answer_server() as host:
        for line in cases():
            command = [docker, "-H", host, *shlex.split(line)]
            done = subprocess.run(
                command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment, timeout=30
            )
            record = {"line": line, "exit": done.returncode}
            records.append({**record, "stdout": normalised(done.stdout), "stderr": normalised(done.stderr)})
    text = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    (DATA / "output.golden.json").write_text(f"[\n{text}\n]\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "docker")
