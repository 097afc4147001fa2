"""COPY and ADD: where things go, whose they are, what is unpacked, what is downloaded."""

import bz2
import gzip
import hashlib
import http.server
import lzma
import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from tests.support.build import Builder
from tests.support.tarballs import directory, file, hardlink, symlink, tarball

FOLDER = directory("d", mode=0o750, uid=3, gid=4)
ARCHIVE = tarball([FOLDER, file("d/f", b"inner", mode=0o640), symlink("l", "d/f"), hardlink("h", "d/f")])


@pytest.mark.row("K6")
@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"])
def test_add_unpacks_archives_and_copy_does_not(build: Builder, suffix: str) -> None:
    try:
        from backports import zstd
    except ImportError:
        from compression import zstd  # type: ignore[import-not-found]
    packers = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}
    packed = packers.get(suffix, zstd.compress)(ARCHIVE)
    image = build(f"FROM busybox\nADD a.{suffix} /added/\nCOPY a.{suffix} /copied/\n", {f"a.{suffix}": packed})
    out = build.run(image, "sh", "-c", "cat /added/d/f /added/l; stat -c '%a %u %g' /added/d; ls /copied")
    assert out == f"innerinner750 3 4\na.{suffix}"


def test_add_never_unpacks_zip(build: Builder) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("f", "x")
    image = build("FROM busybox\nADD a.zip /added/\n", {"a.zip": buffer.getvalue()})
    assert build.run(image, "ls", "/added") == "a.zip"


@pytest.fixture
def web() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A web server on this machine: its address and what it has."""
    pages: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
            kind = "text/plain" if self.path.endswith(".txt") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()


@pytest.mark.row("K6")
def test_add_downloads(build: Builder, web: tuple[str, dict[str, bytes]]) -> None:
    address, pages = web
    pages["/some/file"], pages["/a.tar"] = b"downloaded", ARCHIVE
    image = build(f"FROM busybox\nADD {address}/some/file /dir/\nADD {address}/a.tar /t/\n")
    out = build.run(image, "sh", "-c", "cat /dir/file; stat -c ' %a %u %Y' /dir/file; ls /t")
    assert out == "downloaded 600 0 1445412480\na.tar"
    pages["/some/file"] = b"changed"
    again = build(f"FROM busybox\nADD {address}/some/file /dir/\n")
    assert build.run(again, "cat", "/dir/file") == "changed"
    done = build.result(f"FROM busybox\nADD {address}/nothing /x\n")
    assert done.code != 0
    assert "404" in done.err


def test_add_checks_what_it_downloads(build: Builder, web: tuple[str, dict[str, bytes]]) -> None:
    address, pages = web
    pages["/f"] = b"known"
    good = hashlib.sha256(b"known").hexdigest()
    assert build(f"FROM busybox\nADD --checksum=sha256:{good} {address}/f /f\n")
    done = build.result(f"FROM busybox\nADD --checksum=sha256:{'0' * 64} {address}/f /f\n")
    assert done.code != 0
    assert "digest mismatch" in done.err


def test_a_dockerfile_and_a_context_may_be_urls(build: Builder, web: tuple[str, dict[str, bytes]]) -> None:
    address, pages = web
    pages["/Dockerfile.txt"] = b"FROM busybox\nENV FROM_URL=1\n"
    pages["/context"] = gzip.compress(tarball([file("Dockerfile", b"FROM busybox\nCOPY f /f\n"), file("f", b"remote")]))
    image = build.docker("build", "-q", f"{address}/Dockerfile.txt").split("\n")[-1]
    assert "FROM_URL=1" in build.config(image)["Env"]
    image = build.docker("build", "-q", f"{address}/context").split("\n")[-1]
    assert build.run(image, "cat", "/f") == "remote"


@pytest.mark.row("K9")
def test_owners_and_modes(build: Builder) -> None:
    image = build(
        """FROM busybox
RUN echo 'app:x:12:34::/:/bin/sh' >> /etc/passwd; echo 'app:x:56:' >> /etc/group; echo 'lone:x:78:90::/:' >> /etc/passwd
COPY --chown=app:app f /1
COPY --chown=app f /2
COPY --chown=5 f /3
COPY --chown=5:6 --chmod=0461 d /4
COPY --chown=lone f /5
COPY --chmod=u+s,go-r f /6
COPY d/ /7/
RUN stat -c '%n %u %g %a' /1 /2 /3 /4/g /5 /6 /7/g > /out
""",
        {"f": "x", "d/g": "y"},
    )
    assert build.run(image, "cat", "/out").split("\n") == [
        "/1 12 56 644",
        "/2 12 56 644",
        "/3 5 5 644",
        "/4/g 5 6 461",
        "/5 78 90 644",
        "/6 0 0 4600",
        "/7/g 0 0 644",
    ]


@pytest.mark.row("K9")
def test_what_is_taken(build: Builder) -> None:
    files = {"a.txt": "a", "b.txt": "b", "c.md": "c", "d/e/f.txt": "f", "d/e/g.md": "g", "d/h.txt": "h"}
    image = build(
        """FROM busybox AS source
COPY . /all
RUN mkdir /owned && touch /owned/x && chown 5:6 /owned/x
FROM busybox
COPY *.txt /glob/
COPY --parents d/*/*.txt /parents/
COPY --parents ./d/./e/g.md /pivot/
COPY --exclude=*.md --exclude=d/e . /excluded/
COPY --from=source /all/d /stage
COPY --from=source /owned /owned
COPY --from=busybox /bin/busybox /image
RUN ln -s /data /lnk && mkdir /data
COPY a.txt /lnk/
WORKDIR /work
COPY a.txt .
COPY a.txt renamed
RUN find /glob /parents /pivot /excluded /stage /data /work -type f | sort > /out; stat -c '%u:%g' /owned/x >> /out
""",
        files,
    )
    found = build.run(image, "cat", "/out").split("\n")
    assert [path for path in found if "Dockerfile" not in path] == [
        "/data/a.txt",
        "/excluded/a.txt",
        "/excluded/b.txt",
        "/excluded/d/h.txt",
        "/glob/a.txt",
        "/glob/b.txt",
        "/parents/d/e/f.txt",
        "/pivot/e/g.md",
        "/stage/e/f.txt",
        "/stage/e/g.md",
        "/stage/h.txt",
        "/work/a.txt",
        "/work/renamed",
        "5:6",
    ]


def test_what_is_below_is_kept_or_replaced(build: Builder) -> None:
    image = build(
        """FROM busybox
RUN mkdir -p /d/sub && chmod 700 /d && chown 3:3 /d && echo old > /d/f && echo kept > /d/kept && ln -s kept /d/link
COPY d /d
RUN stat -c '%a %u' /d > /out; cat /d/f /d/kept /d/new /d/link >> /out
""",
        {"d/f": "new\n", "d/new": "more\n", "d/link": "file\n"},
    )
    assert build.run(image, "cat", "/out").split("\n") == ["700 3", "new", "kept", "more", "file"]
    done = build.result("FROM busybox\nRUN mkdir -p /d/f\nCOPY x /d\n", {"x/f": ""})
    assert done.code != 0
    assert "cannot copy to non-directory" in done.err


def test_a_match_that_is_a_link_to_nothing_is_missed(build: Builder) -> None:
    context = build.context({"Dockerfile": "FROM busybox\nCOPY l* /x/\n", "l2": ""})
    (context / "l1").symlink_to("nowhere")
    failed = build.docker.result("build", str(context))
    assert failed.code == 1
    assert "COPY failed: file not found in build context or excluded by .dockerignore: stat l1: file does" in failed.err
