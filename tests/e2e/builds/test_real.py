"""Dockerfiles of the shapes that projects really have, on Debian: built, run, and asked whether they work."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from tests.e2e.builds.conftest import classic
from tests.peers import debian_image, services_image
from tests.support.build import Builder
from tests.support.engine import dockyard_engine
from tests.support.wait import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("real-builds")]

INSTALL = "apt-get update -q && apt-get install -yq --no-install-recommends"


@pytest.fixture(scope="module")
def project(bridge_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    """Builds with an engine that has Debian, and Debian with services."""
    with dockyard_engine(f"{bridge_name}r") as engine:
        docker = classic(engine.docker)
        for image in (debian_image(), services_image()):
            docker("load", "-i", str(image), timeout_seconds=120)
        yield Builder(docker, tmp_path_factory.mktemp("projects"))


def wheel(name: str, code: str) -> bytes:
    """A package as pip installs it, with one module."""
    files = {
        f"{name}.py": code,
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append(f"{path},sha256={digest},{len(text)}")
    lines.append(f"{name}-1.0.dist-info/RECORD,,")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "\n".join(lines) + "\n")
    return buffer.getvalue()


@pytest.mark.row("K9", "K12")
def test_a_python_service_with_pip(project: Builder) -> None:
    dockerfile = f"""# syntax=docker/dockerfile:1
FROM debian:bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH
RUN {INSTALL} python3 python3-venv && rm -rf /var/lib/apt/lists/*

FROM base AS dependencies
RUN python3 -m venv /venv
WORKDIR /build
COPY wheels/ wheels/
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache pip install --no-index --find-links wheels -r requirements.txt

FROM base
RUN useradd --system --uid 999 app
WORKDIR /app
COPY --from=dependencies /venv /venv
COPY --chown=app:app . .
USER app
EXPOSE 8000
HEALTHCHECK --interval=1s CMD python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000')"
CMD ["python3", "-m", "service"]
"""
    service = """import greeting, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(greeting.text().encode())
http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""
    files = {
        "requirements.txt": "greeting==1.0\n",
        "wheels/greeting-1.0-py3-none-any.whl": wheel("greeting", "def text():\n    return 'hello from pip'\n"),
        "service.py": service,
    }
    project(dockerfile, files, "-t", "python-service")
    container = project.docker("run", "-d", "python-service")
    wait_until(lambda: project.docker.field(container, "{{.State.Health.Status}}") == "healthy", "health", 30)
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000').read().decode())"
    assert project.docker("exec", container, "python3", "-c", ask) == "hello from pip"
    assert project.docker("exec", container, "id", "-un") == "app"
    project.docker("rm", "-f", container)
    again = project.log(dockerfile, {**files, "service.py": service + "# changed\n"})
    assert again.count(" ---> Using cache\n") >= 9


def test_a_front_end_in_two_stages_behind_nginx(project: Builder) -> None:
    dockerfile = f"""FROM debian:bookworm AS build
RUN {INSTALL} nodejs
WORKDIR /src
COPY package.json ./
RUN node -e 'console.log(require("./package.json").name)' > /name
COPY . .
RUN node build.js

FROM services:debian
COPY --from=build /src/dist /var/www/html
COPY <<nginx /etc/nginx/sites-enabled/default
server {{ listen 8080; root /var/www/html; location / {{ try_files \\$uri /index.html; }} }}
nginx
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
"""
    files = {
        "package.json": json.dumps({"name": "front", "version": "1.0.0"}),
        "build.js": """const fs = require('fs')
fs.mkdirSync('dist')
fs.writeFileSync('dist/index.html', '<h1>built ' + fs.readFileSync('src.txt') + '</h1>')
""",
        "src.txt": "by node",
        "node_modules/ignored/x": "x" * 1000,
        ".dockerignore": "node_modules\n",
    }
    project(dockerfile, files, "-t", "front-end")
    container = project.docker("run", "-d", "front-end")
    fetch = "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET /any HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    page = ("exec", container, "bash", "-c", fetch)
    wait_until(lambda: "<h1>built by node</h1>" in project.docker.result(*page).out, "the page", 20)
    project.docker("stop", container)
    assert project.docker.field(container, "{{.State.ExitCode}}") == "0"
    project.docker("rm", container)


def test_postgresql_with_init_scripts(project: Builder) -> None:
    dockerfile = """FROM services:debian
ENV PGDATA=/var/lib/postgresql/data POSTGRES_DB=app
COPY --chmod=755 docker-entrypoint.sh /usr/local/bin/
COPY init/ /docker-entrypoint-initdb.d/
RUN mkdir -p "$PGDATA" && chown -R postgres:postgres /var/lib/postgresql
VOLUME /var/lib/postgresql/data
USER postgres
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
"""
    entrypoint = """#!/bin/bash
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb -A trust >/dev/null
    pg_ctl -w -o "-c listen_addresses='' -k /tmp" start >/dev/null
    createdb -h /tmp "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sql; do psql -q -h /tmp -d "$POSTGRES_DB" -f "$script"; done
    pg_ctl -w stop >/dev/null
fi
exec "$@" -k /tmp
"""
    files = {
        "docker-entrypoint.sh": entrypoint,
        "init/1.sql": "create table t (n int);\n",
        "init/2.sql": "insert into t values (41), (1);\n",
    }
    project(dockerfile, files, "-t", "database")
    container = project.docker("run", "-d", "database")
    query = ("exec", container, "psql", "-h", "/tmp", "-d", "app", "-Atc", "select sum(n) from t")
    wait_until(lambda: project.docker.result(*query).out.strip() == "42", "the database", 60)
    project.docker("rm", "-fv", container)
