"""Secrets of builds are nowhere afterwards: layers, history, caches, records, logs. All of the data root is read.

A daemon that writes its debug log, builds that succeed, fail, are asked again from the cache, exported, and killed.
"""

import base64
import binascii
import os
import re
import signal
import subprocess
import threading
import zlib
from pathlib import Path

import pytest
from tests.support.engine import PROGRAMS
from tests.support.wait import wait_until

from dockyard.client.address import parse
from dockyard.client.build.failure import BuildFailed
from dockyard.client.build.request import Output, Secret
from dockyard.client.sdk import Client
from dockyard.errors import DockyardError

QUIET = {"network": "none"}


class Hidden:
    """Data that must not be found: as it is, and as base64 and hexadecimal digits at any offset."""

    def __init__(self) -> None:
        self.data = binascii.hexlify(os.urandom(24))  # text, so that it may be a variable's value, too

    def forms(self) -> dict[str, bytes]:
        """What is looked for, by name."""
        found = {"plain": self.data, "hex": binascii.hexlify(self.data)}
        for shift in range(3):
            whole = base64.b64encode(b"x" * shift + self.data)
            found[f"base64 from {shift}"] = whole[4:-4]
        return found


def places(folders, hidden):
    """Every file on disk below `folders` that has a form of what is hidden, also in compressed ones."""
    found = []
    for folder in folders:
        for home, below, names in os.walk(folder):  # the daemon removes things meanwhile
            below[:] = [name for name in below if not is_memory(os.path.join(home, name))]
            for path in (Path(home, name) for name in names):
                if path.is_symlink() or not path.is_file():
                    continue
                try:
                    data = path.read_bytes()
                except OSError:
                    continue
                for text in (data, inflated(data)):
                    found += [(str(path), form) for form, value in hidden.forms().items() if value in text]
                found += [(str(path), "name") for value in hidden.forms().values() if value in os.fsencode(path.name)]
    return found


def is_memory(path):
    """Whether something is mounted there that is on no disk, nor swapped out to one."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    told = next((line.split() for line in lines if line.split()[4] == path), None)
    unswapped = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= (6, 4)
    return told is not None and "tmpfs" in told and ("noswap" in told[-1] or not unswapped)


def inflated(data):
    """Content of a gzip file, as far as it goes; nothing for others."""
    try:
        return zlib.decompressobj(31).decompress(data) if data[:2] == b"\x1f\x8b" else b""
    except zlib.error:
        return b""


def folder_of(tmp_path, dockerfile, name="context"):
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "file").write_text("not secret")
    return str(folder)


READS = (
    "FROM busybox\n"
    "COPY file /file\n"
    "RUN --mount=type=secret,id=s test $(wc -c </run/secrets/s) = 48\n"
    "RUN --mount=type=secret,id=s,env=TOKEN,target=/x test ${#TOKEN} = 48 && test -s /x\n"
    "RUN --mount=type=cache,target=/c --mount=type=secret,id=s cat /run/secrets/s >/dev/null; touch /c/x\n"
)


def test_a_secret_is_nowhere_afterwards(make_engine, tmp_path):
    engine = make_engine("--debug")
    client = Client(parse(engine.docker.host))
    hidden = Hidden()
    secrets = {"s": hidden.data}
    folder = folder_of(tmp_path, READS)
    image = client.build(folder, tags=["reads"], secrets=secrets, **QUIET).image_id
    assert client.build(folder, secrets=secrets, **QUIET).image_id == image  # from the cache
    with pytest.raises(BuildFailed, match="exit code: 7") as caught:
        failing = "FROM busybox\nRUN --mount=type=secret,id=s,env=TOKEN --mount=type=secret,id=s exit 7\n"
        client.build(folder_of(tmp_path, failing, "failing"), secrets=secrets, **QUIET)
    archive = bytearray()
    client.build(folder, secrets=secrets, outputs=[Output("oci", write=archive.extend)], **QUIET)
    told = str(caught.value) + engine.docker("history", "--no-trunc", "reads") + engine.docker("inspect", "reads")
    told += engine.docker("system", "df", "-v") + engine.log.read_text()
    for form in hidden.forms().values():
        assert form.decode() not in told
        assert form not in bytes(archive)
    saved = engine.docker.raw("save", "reads")
    assert not [form for form in hidden.forms().values() if form in saved]
    assert places([engine.home], hidden) == []


def test_a_check_of_the_check(make_engine, tmp_path):
    """What a step writes itself is found: the look into the data root sees what it should."""
    engine = make_engine()
    client = Client(parse(engine.docker.host))
    hidden = Hidden()
    folder = folder_of(tmp_path, "FROM busybox\nRUN --mount=type=secret,id=s base64 -w0 /run/secrets/s >/leaked\n")
    client.build(folder, secrets={"s": hidden.data}, **QUIET)
    assert {form for path, form in places([engine.data], hidden)} == {"base64 from 0"}


def test_a_killed_daemon_leaves_no_secret(make_engine, tmp_path):
    engine = make_engine("--debug")
    client = Client(parse(engine.docker.host))
    hidden = Hidden()
    folder = folder_of(
        tmp_path,
        "FROM busybox\nRUN --mount=type=secret,id=s,env=TOKEN --mount=type=secret,id=s echo begun; sleep 3600\n",
    )
    begun = threading.Event()

    def progress(update):
        if any(b"begun" in one.data for one in update.written):
            begun.set()

    def build():
        with pytest.raises(DockyardError):
            client.build(folder, secrets={"s": hidden.data}, progress=progress, **QUIET)

    building = threading.Thread(target=build)
    building.start()
    assert begun.wait(30)
    step = engine.docker("ps", "-q")
    assert hidden.data.decode() not in engine.docker("inspect", step)
    assert engine.docker("exec", step, "sh", "-c", "cat /run/secrets/s; echo -n $TOKEN") == hidden.data.decode()
    environment = Path(f"/proc/{engine.docker.inspect(step)['State']['Pid']}/environ").read_bytes()
    assert b"TOKEN=" + hidden.data in environment.split(b"\0")
    memory = list((engine.run / "build-secrets").iterdir())
    assert [is_memory(str(one)) for one in memory] == [True]
    assert places(memory, hidden)
    assert places([engine.home], hidden) == []
    engine.kill()
    assert places([engine.home], hidden) == []
    engine.start()
    building.join(30)
    assert not building.is_alive()
    wait_until(lambda: places([engine.home], hidden) == [], "the secret to be gone", 20)
    assert engine.docker("ps", "-aq") == ""
    assert f"{engine.run}/build-secrets" not in Path("/proc/self/mountinfo").read_text()
    assert list((engine.run / "build-secrets").iterdir()) == []


def test_another_runtime_is_told_the_secrets(make_engine, tmp_path):
    """It reads the bundle's configuration itself."""
    engine = make_engine(f"--add-runtime=other={PROGRAMS / 'dockyard-runc'}", "--default-runtime=other")
    client = Client(parse(engine.docker.host))
    assert client.build(folder_of(tmp_path, READS), secrets={"s": b"x" * 48}, **QUIET).image_id


def test_a_stopped_daemon_gives_the_memory_of_secrets_back(make_engine, tmp_path):
    engine = make_engine()
    client = Client(parse(engine.docker.host))
    dockerfile = "FROM busybox\nRUN --mount=type=secret,id=s,env=TOKEN sleep 3600\n"

    def build():
        with pytest.raises(DockyardError):
            client.build(folder_of(tmp_path, dockerfile), secrets={"s": b"x" * 48}, **QUIET)

    building = threading.Thread(target=build)
    building.start()
    wait_until(lambda: "sleep 3600" in engine.docker("ps", "--no-trunc"), "the step", 30)
    engine.kill(signal.SIGTERM)
    building.join(30)
    assert f"{engine.run}/build-secrets" not in Path("/proc/self/mountinfo").read_text()


def test_keys_of_an_agent_are_nowhere_afterwards(make_engine, tmp_path, client_image):
    engine = make_engine("--debug")
    client = Client(parse(engine.docker.host))
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a comment of mine", "-f", key], check=True)
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(client_image.dockerfile.replace(" && /ask", " && /ask && rm /keys /forget"))
    (folder / "ask").write_bytes(client_image.files["ask"])
    client.build(str(folder), ssh=[f"default={key}"], **QUIET)
    public = base64.b64decode(key.with_suffix(".pub").read_text().split()[1])
    for data in (public[19:], b"a comment of mine", b"".join(key.read_bytes().split(b"\n")[1:3])):
        hidden = Hidden()
        hidden.data = data
        assert places([engine.home], hidden) == []


def test_secrets_do_not_count_for_the_cache(make_engine, tmp_path):
    """Another value is no reason to build again, as with BuildKit: nothing that is kept depends on it."""
    engine = make_engine()
    client = Client(parse(engine.docker.host))
    folder = folder_of(tmp_path, READS)
    first = client.build(folder, secrets={"s": b"a" * 48}, **QUIET).image_id
    assert client.build(folder, secrets=[Secret("s", data=b"b" * 48)], **QUIET).image_id == first
