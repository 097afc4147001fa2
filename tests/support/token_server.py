"""A token server of the tests' own, for a registry with token auth: RS256, as Docker Hub's is spoken to.

https://distribution.github.io/distribution/spec/auth/token/
"""

import base64
import json
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt

SERVICE, ISSUER = "tests-registry", "tests-issuer"


@dataclass
class TokenServer:
    """A running one. `users`: passwords by name. `public`: repositories that nobody needs a name to pull from.

    `asked`: each request's parameters. `seconds`: how long tokens are good.
    """

    users: Mapping[str, str]
    certificate: Path
    key: Path
    public: set[str] = field(default_factory=set)
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    seconds: int = 60
    address: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """The `auth.token` of docker-registry's configuration."""
        return {
            "realm": f"http://{self.address}/token",
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": str(self.certificate),
        }

    def token(self, user: str, scopes: list[str]) -> str:
        """A token for what `user` may of `scopes`."""
        access = []
        for scope in " ".join(scopes).split():
            kind, name, actions = (
                scope.rsplit(":", 1)[0].partition(":")[0],
                scope.split(":")[1],
                scope.rsplit(":", 1)[1],
            )
            allowed = [one for one in actions.split(",") if user or (one == "pull" and name in self.public)]
            if allowed:
                access.append({"type": kind, "name": name, "actions": allowed})
        now = int(time.time())
        claims = {
            "iss": ISSUER, "sub": user, "aud": SERVICE, "exp": now + self.seconds, "nbf": now - 5, "iat": now,
            "jti": uuid.uuid4().hex, "access": access,
        }  # fmt: skip
        lines = self.certificate.read_text().split("-----")[2].split()
        return jwt.encode(claims, self.key.read_text(), algorithm="RS256", headers={"x5c": ["".join(lines)]})


@contextmanager
def token_server(folder: Path, users: Mapping[str, str]) -> Iterator[TokenServer]:
    """Run one until the block ends; its key and certificate are made in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    server_state = TokenServer(users, folder / "tokens.pem", folder / "tokens-key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tokens",
         "-keyout", str(server_state.key), "-out", str(server_state.certificate)],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip

    class Handler(_Handler):
        state = server_state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server_state.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server_state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ClassVar[TokenServer]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self.state.asked.append(query)
        user = ""
        header = self.headers.get("Authorization", "")
        if header.startswith("Basic "):
            user, _, password = base64.b64decode(header[6:]).decode().partition(":")
            if self.state.users.get(user) != password:
                errors = [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]
                self._answer(401, {"errors": errors})
                return
        self._grant(user, query.get("scope", []), "offline_token" in query)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.state.asked.append(form)
        user = form.get("refresh_token", [""])[0].removeprefix("refresh-")
        if form.get("grant_type") != ["refresh_token"] or user not in self.state.users:
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "bad refresh token"}]})
            return
        self._grant(user, form.get("scope", []), False)

    def _grant(self, user: str, scopes: list[str], offline: bool) -> None:
        more = {"refresh_token": f"refresh-{user}"} if offline and user else {}
        token = self.state.token(user, scopes)
        self._answer(200, {"token": token, "access_token": token, "expires_in": self.state.seconds, **more})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
