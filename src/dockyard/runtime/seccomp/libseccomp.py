"""libseccomp.so.2 through ctypes: rules in, BPF instructions out. Imported only when no finished program is at hand.

Only what the compiler needs is bound. The library holds the table of call numbers of every architecture and the code
generator; nothing in it is used to load a filter.
https://github.com/seccomp/libseccomp/blob/v2.5.4/include/seccomp.h.in
"""

import ctypes
import errno
import os
from collections.abc import Sequence
from typing import Final

from dockyard.errors import InvalidParameter, SystemFailure, Unavailable

UNKNOWN_CALL: Final = -1
"""`seccomp_syscall_resolve_name` for a name that the library doesn't know (__NR_SCMP_ERROR)."""

_ATTRIBUTE_OPTIMIZE: Final = 8
_BINARY_TREE: Final = 2


class _Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    ]


class Library:
    """The shared library, with the prototypes of the functions used."""

    def __init__(self, path: str) -> None:
        """Load it from `path`; Unavailable when it is not there."""
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise Unavailable(f"seccomp: cannot load libseccomp ({path}): {error}") from error
        library.seccomp_init.argtypes = [ctypes.c_uint32]
        library.seccomp_init.restype = ctypes.c_void_p
        library.seccomp_release.argtypes = [ctypes.c_void_p]
        library.seccomp_release.restype = None
        library.seccomp_arch_native.restype = ctypes.c_uint32
        library.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        library.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32]
        library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
        library.seccomp_syscall_resolve_name_arch.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
        library.seccomp_rule_add_array.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.POINTER(_Comparison),
        ]
        self._library = library

    def native_architecture(self) -> int:
        """The token of the architecture that the library was built for."""
        return int(self._library.seccomp_arch_native())

    def call_number(self, name: str, architecture: int | None = None) -> int:
        """The number of the call `name`, on the native architecture or the one with that token.

        `UNKNOWN_CALL` for a name that the library doesn't know; a number below it for one that exists elsewhere only.
        """
        encoded = name.encode()
        if architecture is None:
            return int(self._library.seccomp_syscall_resolve_name(encoded))
        return int(self._library.seccomp_syscall_resolve_name_arch(architecture, encoded))

    def new_filter(self, default_action: int) -> "Filter":
        """An empty filter for the native architecture that returns `default_action`; close it after use."""
        context = self._library.seccomp_init(default_action)
        if not context:
            raise SystemFailure(f"seccomp: error creating filter with default action {default_action:#x}")
        return Filter(self._library, context)


class Filter:
    """A filter being built. Not usable after `close`."""

    def __init__(self, library: ctypes.CDLL, context: int) -> None:
        """Made by `Library.new_filter`."""
        self._library = library
        self._context = context

    def close(self) -> None:
        """Free the memory that the library holds for it."""
        self._library.seccomp_release(self._context)
        self._context = 0

    def use_binary_tree(self) -> None:
        """Find a call's rules by bisection; an older library that can't is left at its list."""
        self._library.seccomp_attr_set(self._context, _ATTRIBUTE_OPTIMIZE, _BINARY_TREE)

    def add_architecture(self, token: int) -> None:
        """Let the filter judge that architecture's calls too; the native one is in already."""
        result = self._library.seccomp_arch_add(self._context, token)
        if result not in (0, -errno.EEXIST):
            raise InvalidParameter(f"error adding architecture to seccomp filter: {os.strerror(-result)}")

    def add_rule(self, name: str, number: int, action: int, comparisons: Sequence[tuple[int, int, int, int]]) -> None:
        """Return `action` for a call when every comparison holds.

        Args:
            name: of the call, for the message.
            number: as `Library.call_number` gave it.
            action: the filter's return value; not the default one.
            comparisons: (argument 0 to 5, operator, first datum, second datum) each, at most one for an argument.

        Raises:
            InvalidParameter: the library refuses the rule, as one that contradicts another.
        """
        array = (_Comparison * len(comparisons))(*(_Comparison(*comparison) for comparison in comparisons))
        result = self._library.seccomp_rule_add_array(self._context, action, number, len(comparisons), array)
        if result != 0:
            raise InvalidParameter(f"error adding seccomp filter rule for syscall {name}: {os.strerror(-result)}")

    def program(self) -> bytes:
        """The finished BPF program, in host byte order."""
        # The library writes to a descriptor only.
        descriptor = os.memfd_create("seccomp", os.MFD_CLOEXEC)
        try:
            result = self._library.seccomp_export_bpf(self._context, descriptor)
            if result != 0:
                raise SystemFailure(f"seccomp: error exporting BPF: {os.strerror(-result)}")
            return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)
