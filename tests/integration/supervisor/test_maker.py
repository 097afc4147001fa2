"""The process that makes a container, seen from the shim that waits for it."""

import json
import os
import signal
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from dockyard.shim import main
from dockyard.shim.packets import RawPacket
from dockyard.shim.place import Place

pytestmark = pytest.mark.root


def test_one_that_is_held_up_is_killed_and_who_asked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shims/abc").mkdir(parents=True)
    title = SimpleNamespace(show=lambda _arguments: None)
    place = Place(str(tmp_path), title, None, lambda _error: None, time.time_ns)  # type: ignore[arg-type]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(10)
    shim = os.fork()
    if shim == 0:
        ours.close()
        monkeypatch.setattr(main, "MAKER_SECONDS", 0.2)
        monkeypatch.setattr(main, "run_maker", lambda *_arguments: time.sleep(1000))
        main.run_shim(theirs, RawPacket(b'{"seq":1,"op":"create","container_id":"abc"}', []), place)
    theirs.close()
    answer = json.loads(ours.recv(4096))
    assert (answer["seq"], answer["error"]["kind"]) == (None, "DeadlineExceeded")
    assert os.waitpid(shim, 0)[1] >> 8 == 1
    assert ours.recv(1) == b""  # nor does the maker hold it any more
    assert not (tmp_path / "shims/abc/shim.sock").exists()
    ours.close()


def test_the_shim_is_named_even_when_it_has_died_by_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shims/abc").mkdir(parents=True)
    title = SimpleNamespace(show=lambda _arguments: None)
    place = Place(str(tmp_path), title, None, lambda _error: None, time.time_ns)  # type: ignore[arg-type]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    named, named_theirs = os.pipe()

    def make(_connection: object, _shim: object, shim_pid: int, *_rest: object) -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        while os.getppid() == shim_pid:
            time.sleep(0.001)
        os.write(named_theirs, b"%d" % shim_pid)
        os._exit(0)

    shim = os.fork()
    if shim == 0:
        monkeypatch.setattr(main, "run_maker", make)
        main.run_shim(theirs, RawPacket(b'{"seq":1,"op":"create","container_id":"abc"}', []), place)
    os.waitpid(shim, 0)
    assert int(os.read(named, 20)) == shim
    for descriptor in (named, named_theirs, ours.detach(), theirs.detach()):
        os.close(descriptor)
