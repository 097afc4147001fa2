"""A small interpreter of classic BPF, as much of it as seccomp filters may use: what would the kernel decide?

https://www.kernel.org/doc/Documentation/networking/filter.txt
"""

import struct
from collections.abc import Sequence


def run(program: bytes, architecture: int, number: int, arguments: Sequence[int] = ()) -> int:
    """The return value of a seccomp filter.

    Args:
        program: instructions of 8 bytes, host byte order.
        architecture: AUDIT_ARCH_*.
        number: of the system call.
        arguments: up to six, 64 bits each; missing ones are 0.
    """
    padded = [*arguments, *([0] * (6 - len(arguments)))]
    data = struct.pack(
        "=IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *(argument & (1 << 64) - 1 for argument in padded)
    )
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator = position = 0
    scratch = [0] * 16
    while True:
        code, if_true, if_false, operand = instructions[position]
        position += 1
        match code:
            case 0x20:  # ld [k]
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case 0x60:  # ld M[k]
                accumulator = scratch[operand]
            case 0x02:  # st M[k]
                scratch[operand] = accumulator
            case 0x54:  # and #k
                accumulator &= operand
            case 0x05:  # ja
                position += operand
            case 0x15:  # jeq
                position += if_true if accumulator == operand else if_false
            case 0x25:  # jgt
                position += if_true if accumulator > operand else if_false
            case 0x35:  # jge
                position += if_true if accumulator >= operand else if_false
            case 0x45:  # jset
                position += if_true if accumulator & operand else if_false
            case 0x06:  # ret #k
                return int(operand)
            case _:
                raise AssertionError(f"instruction {position - 1}: code {code:#x} is not one that a filter needs")
