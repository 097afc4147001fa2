"""`docker import URL`: the daemon fetches what the client names (`POST /images/create?fromSrc=`)."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.peers.images import file, layer
from tests.support.client import Docker
from tests.support.http import Answer, request

ROOT = layer([file("greeting", "hello\n")])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path not in ("/root.tar", "/half"):
            self.send_error(404, "not here")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(ROOT)))
        self.end_headers()
        self.wfile.write(ROOT if self.path == "/root.tar" else ROOT[:700])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def create(docker: Docker, source: str) -> Answer:
    path = f"/images/create?fromSrc={source.replace(':', '%3A').replace('/', '%2F')}&repo=imported&tag=1"
    return request(docker.socket, "POST", f"/v1.51{path}")


def test_an_archive_at_a_url_becomes_an_image(docker: Docker, host: str) -> None:
    try:
        url = f"http://{host}/root.tar"
        lines = docker("import", "-c", "CMD /x", url, "imported:1").splitlines()
        assert lines[0] == f"Downloading from {url}"
        assert lines[-1] == docker.field("imported:1", "{{.Id}}")
        assert docker.field("imported:1", "{{.Comment}} {{json .Config.Cmd}}") == (
            f'Imported from {url} ["/bin/sh","-c","/x"]'
        )
        container = docker("create", "imported:1")
        assert "hello" in docker("cp", f"{container}:/greeting", "-")
    finally:
        docker.result("rmi", "-f", "imported:1")


def test_progress_and_a_host_without_a_scheme(docker: Docker, host: str) -> None:
    try:
        told = [json.loads(line) for line in create(docker, f"{host}/root.tar").body.splitlines()]
        assert told[0] == {"status": f"Downloading from http://{host}/root.tar"}
        assert told[-2]["status"] == "Importing"
        assert told[-2]["progressDetail"] == {"current": len(ROOT), "total": len(ROOT)}
    finally:
        docker.result("rmi", "-f", "imported:1")


def test_what_is_not_there_is_an_error_with_its_own_status(docker: Docker, host: str) -> None:
    answer = create(docker, f"http://{host}/nope")
    assert (answer.status, b"failed to GET http://" in answer.body, b"404 not here" in answer.body) == (404, True, True)
    assert create(docker, "http://127.0.0.1:1/x").status == 500
    assert create(docker, "ftp://host/x").status == 400
    assert docker.result("image", "inspect", "imported:1").code != 0


@pytest.mark.dockyard_only  # Docker takes the blocks that came for the whole
def test_half_an_archive_is_no_image(docker: Docker, host: str) -> None:
    answer = create(docker, f"http://{host}/half")
    assert answer.status == 500 or b"errorDetail" in answer.body  # whether anything had been said before
    assert docker.result("image", "inspect", "imported:1").code != 0
