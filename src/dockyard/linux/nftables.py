"""nftables through libnftables: commands in the grammar of nft(8), run in process.

A call takes about 50 µs where `nft -f -` takes 1,800; when the library isn't installed, the program is used, with the
same text. A text of several commands is one transaction: all of it happens, or nothing.

Both act in the network namespace of the thread that makes the object (library) or runs a command (program): make and
use an `Nftables` in threads of the same namespace.

https://manpages.debian.org/bookworm/libnftables1/libnftables.3.en.html
https://manpages.debian.org/bookworm/nftables/nft.8.en.html
"""

import ctypes
import signal
import subprocess
import threading
from typing import Final, Protocol

from dockyard.errors import SystemFailure, Unavailable

_LIBRARY: Final = "libnftables.so.1"
_PROGRAM: Final = "nft"
_OUTPUT_HANDLE: Final = 1 << 3
_PROGRAM_TIMEOUT_SECONDS: Final = 30.0


class Nftables(Protocol):
    """Runs commands of nft(8)."""

    def run(self, commands: str) -> str:
        """Carry out all of `commands` as one transaction, or none.

        Returns:
            What they print; listings with the handles of what they list.

        Raises:
            SystemFailure: refused; the message is nft's.
        """
        ...

    def close(self) -> None:
        """Give back what the object holds."""
        ...


def open_nftables() -> Nftables:
    """The library if it is installed, else the program.

    Raises:
        Unavailable: neither is there.
    """
    try:
        return LibraryNftables()
    except OSError:
        pass
    program = ProgramNftables()
    try:
        program.run("list tables")
    except FileNotFoundError as error:
        raise Unavailable(f"neither {_LIBRARY} nor the program {_PROGRAM} is installed: no firewall rules") from error
    return program


def check_that_tables_can_be_read() -> None:
    """Have the program list all tables of this network namespace, since the library would take its process along.

    Releases before 1.0.7 crash on what newer ones write (sets with a `typeof`), and a newer one may be at work in the
    same namespace: in a container on the host's network, kube-proxy's for instance. Costs 4 ms; where the program
    isn't installed nothing is checked.

    Raises:
        Unavailable: the program crashed.
    """
    try:
        done = subprocess.run([_PROGRAM, "list", "ruleset"], capture_output=True, timeout=_PROGRAM_TIMEOUT_SECONDS)
    except FileNotFoundError:
        return
    if done.returncode < 0:
        raise Unavailable(
            f"{_PROGRAM} list ruleset is killed by {signal.Signals(-done.returncode).name} here, and libnftables would "
            "be, too: a newer release may have written one of the tables. Remove that table, upgrade nftables, or "
            "start with --iptables=false"
        )


class LibraryNftables:
    """libnftables.so.1 by ctypes, with one context. For several threads; one command at a time."""

    def __init__(self) -> None:
        """Load the library and open a context in the network namespace of the calling thread.

        Raises:
            OSError: the library isn't installed.
        """
        library = ctypes.CDLL(_LIBRARY)
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        library.nft_ctx_free.argtypes = [ctypes.c_void_p]
        for buffer in (library.nft_ctx_buffer_output, library.nft_ctx_buffer_error):
            buffer.argtypes = [ctypes.c_void_p]
        for read in (library.nft_ctx_get_output_buffer, library.nft_ctx_get_error_buffer):
            read.restype = ctypes.c_char_p
            read.argtypes = [ctypes.c_void_p]
        library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._library = library
        self._context: int | None = library.nft_ctx_new(0)
        if self._context is None:
            raise OSError(f"{_LIBRARY}: no context")
        library.nft_ctx_output_set_flags(self._context, _OUTPUT_HANDLE)
        library.nft_ctx_buffer_output(self._context)
        library.nft_ctx_buffer_error(self._context)
        self._lock = threading.Lock()

    def run(self, commands: str) -> str:
        """See `Nftables.run`."""
        with self._lock:
            if self._context is None:
                raise SystemFailure("nftables: the context is closed")
            failed = self._library.nft_run_cmd_from_buffer(self._context, commands.encode())
            # Both are read every time, because reading is what empties them.
            printed = self._library.nft_ctx_get_output_buffer(self._context).decode(errors="replace")
            reason = self._library.nft_ctx_get_error_buffer(self._context).decode(errors="replace")
        if failed:
            raise SystemFailure(f"nftables: {reason.strip() or 'command refused'}")
        return str(printed)

    def close(self) -> None:
        """Free the context; a repeat does nothing."""
        with self._lock:
            if self._context is not None:
                self._library.nft_ctx_free(self._context)
                self._context = None


class ProgramNftables:
    """The program `nft`, one process a call."""

    def run(self, commands: str) -> str:
        """See `Nftables.run`.

        Raises:
            FileNotFoundError: the program isn't installed.
        """
        done = subprocess.run(
            [_PROGRAM, "--handle", "-f", "-"],
            input=commands,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PROGRAM_TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            raise SystemFailure(f"nftables: {done.stderr.strip() or f'{_PROGRAM} exits with {done.returncode}'}")
        return done.stdout

    def close(self) -> None:
        """Nothing is held."""
