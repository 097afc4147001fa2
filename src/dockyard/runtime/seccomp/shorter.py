"""The same decisions in fewer instructions: a filter's program taken apart into decisions, and put together again.

libseccomp writes a comparison and a jump or two for each call, for each architecture: 1,308 instructions for Docker's
profile. The kernel checks, converts and compiles them anew for every container and every exec, 0.27 ms on the machine
where we measured; it is the longest of all steps of an exec'd process. Neighbouring calls are mostly decided alike, and
so a search among ranges of numbers needs a third of that.

    program ──_Reader──► what is decided for each architecture and range of numbers ──_ranges──► search trees
                         (a return value, or a graph of tests of arguments)          ──_Writer──► program

A program with instructions that libseccomp doesn't write today is left as it is, and so is one whose chains of tests
are longer than Python's stack is deep: hundreds of rules for the arguments of one call.
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND: Final = 0x54  # BPF_ALU | BPF_AND | BPF_K
_JUMP: Final = 0x05  # BPF_JMP | BPF_JA
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER: Final = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_IF_NOT_LESS: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_IF_ANY: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_NUMBER, _ARCHITECTURE = 0, 4
"""Offsets in `struct seccomp_data`; the arguments lie behind them."""

_TESTS: Final[dict[int, Callable[[int, int], bool]]] = {
    _IF_EQUAL: lambda value, operand: value == operand,
    _IF_GREATER: lambda value, operand: value > operand,
    _IF_NOT_LESS: lambda value, operand: value >= operand,
}
_FARTHEST: Final = 255
"""What a conditional jump can skip."""

_NUMBERS: Final = 512
"""More than any architecture has calls."""

_LARGEST: Final = 0xFFFFFFFF
_MOST_NODES: Final = 20_000

Instruction = tuple[int, int, int, int]
Node = tuple[int, int, int, int]
"""Code, operand, and the numbers of the nodes that follow if true (or always) and if false; 0 for none."""


class _Unknown(Exception):
    """The program isn't of the kind that is understood here."""


def shortened(program: bytes) -> bytes:
    """A program that returns the same for every call as `program` does; that itself when no shorter one is found.

    Args:
        program: BPF instructions of 8 bytes each, in host byte order, as libseccomp writes them.
    """
    reader = _Reader(list(struct.iter_unpack("=HBBI", program)))
    try:
        entrances = [
            (first, reader.node(_LOAD, _NUMBER, _tree(reader, _ranges(reader, architecture=first))))
            for first in _beginnings(reader.operands(_ARCHITECTURE))
        ]
        root = reader.node(_LOAD, _ARCHITECTURE, _tree(reader, _merged(entrances)))
        written = _Writer(reader.nodes).write(root)
    except (_Unknown, RecursionError):
        return program
    return written if len(written) < len(program) else program


def _ranges(reader: "_Reader", architecture: int) -> list[tuple[int, int]]:
    """The first number of each range of calls that are decided alike, and the node that decides."""
    return _merged([(first, reader.decision(architecture, first)) for first in _beginnings(reader.operands(_NUMBER))])


def _beginnings(operands: set[int]) -> list[int]:
    """Where ranges may begin among values that are compared with nothing but `operands`."""
    return sorted({0} | operands | {operand + 1 for operand in operands if operand < _LARGEST})


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = [ranges[0]]
    for first, node in ranges[1:]:
        if node != merged[-1][1]:
            merged.append((first, node))
    return merged


def _tree(reader: "_Reader", ranges: Sequence[tuple[int, int]]) -> int:
    """A node that finds the range of what has been loaded."""
    if len(ranges) == 1:
        return ranges[0][1]
    if len(ranges) == 3 and ranges[0][1] == ranges[2][1] and ranges[2][0] == ranges[1][0] + 1:
        return reader.node(_IF_EQUAL, ranges[1][0], ranges[1][1], ranges[0][1])
    middle = _middle([first for first, _ in ranges])
    return reader.node(_IF_NOT_LESS, ranges[middle][0], _tree(reader, ranges[middle:]), _tree(reader, ranges[:middle]))


def _middle(firsts: Sequence[int]) -> int:
    """Where to divide ranges that begin at `firsts`: as many calls that exist on one side as on the other.

    When a filter is installed, the kernel runs it once for each number, to know what is always allowed.
    """
    weights = [min(first, _NUMBERS) + index for index, first in enumerate(firsts)]
    half = (weights[0] + weights[-1]) / 2
    return max(1, min(range(len(firsts)), key=lambda index: abs(weights[index] - half)))


class _Reader:
    """Follows a program for given calls; equal decisions become the same node."""

    def __init__(self, instructions: Sequence[Instruction]) -> None:
        self._instructions = instructions
        self.nodes: list[Node] = [(0, 0, 0, 0)]
        self._known: dict[Node, int] = {}

    def node(self, code: int, operand: int, if_true: int = 0, if_false: int = 0) -> int:
        """The number of the node; a test of no consequence is what follows it."""
        if code in _TESTS and if_true == if_false:
            return if_true
        node = (code, operand, if_true, if_false)
        if node not in self._known:
            if len(self.nodes) == _MOST_NODES:
                raise _Unknown
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def operands(self, wanted: int) -> set[int]:
        """What the program compares with the value at the offset `wanted`, the number or the architecture."""
        found: set[int] = set()
        seen: set[tuple[int, int]] = set()
        todo = [(0, -1)]
        while todo:
            position, loaded = state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            code, if_true, if_false, operand = self._instructions[position]
            if code in (_AND, _IF_ANY) and loaded in (_NUMBER, _ARCHITECTURE):
                raise _Unknown  # not a matter of ranges
            if code in _TESTS and loaded == wanted:
                found.add(operand)
            loaded = operand if code == _LOAD else loaded
            if code == _JUMP:
                todo.append((position + 1 + operand, loaded))
            elif code in _TESTS or code == _IF_ANY:
                todo += [(position + 1 + if_true, loaded), (position + 1 + if_false, loaded)]
            elif code in (_LOAD, _AND):
                todo.append((position + 1, loaded))
            elif code != _RETURN:
                raise _Unknown
        return found

    def decision(self, architecture: int, number: int) -> int:
        """The node that decides about this call, by its arguments if they matter."""
        loads = {_NUMBER: number, _ARCHITECTURE: architecture}
        done: dict[tuple[int, int | None], int] = {}

        def follow(position: int, value: int | None) -> int:
            """From there on, with `value` in the accumulator, None for something of the arguments."""
            begin = position, value
            if begin not in done:
                done[begin] = step(position, value)
            return done[begin]

        def step(position: int, value: int | None) -> int:
            code, if_true, if_false, operand = self._instructions[position]
            if code == _RETURN:
                return self.node(_RETURN, operand)
            if code == _JUMP:
                return follow(position + 1 + operand, value)
            if code == _LOAD and operand in loads:
                return follow(position + 1, loads[operand])
            if code in (_LOAD, _AND):
                return self.node(code, operand, follow(position + 1, None))
            if value is not None:
                return follow(position + 1 + (if_true if _TESTS[code](value, operand) else if_false), value)
            yes, no = follow(position + 1 + if_true, None), follow(position + 1 + if_false, None)
            return self.node(code, operand, yes, no)

        return follow(0, 0)


class _Writer:
    """Writes nodes from the end, since jumps lead forward only; what is in reach is written once."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._code: list[Instruction] = []
        self._places: dict[int, int] = {}

    def write(self, root: int) -> bytes:
        """The program that begins with the node `root`."""
        self._place(root)
        return b"".join(struct.pack("=HBBI", *instruction) for instruction in reversed(self._code))

    def _place(self, number: int) -> int:
        """Where the node is, counted from the end; it is written if it isn't in reach."""
        place = self._places.get(number)
        if place is not None and len(self._code) - place < _FARTHEST // 2:
            return place
        code, operand, if_true, if_false = self._nodes[number]
        if code == _RETURN:
            self._code.append((code, 0, 0, operand))
        elif code in (_LOAD, _AND):
            following = self._place(if_true)
            if following != len(self._code) - 1:
                self._jump(following)
            self._code.append((code, 0, 0, operand))
        else:
            no, yes = self._place(if_false), self._place(if_true)
            if len(self._code) - no >= _FARTHEST:  # with room for a jump to the other one
                no = self._jump(no)
            if len(self._code) - yes > _FARTHEST:
                yes = self._jump(yes)
            self._code.append((code, len(self._code) - yes - 1, len(self._code) - no - 1, operand))
        self._places[number] = len(self._code) - 1
        return self._places[number]

    def _jump(self, place: int) -> int:
        self._code.append((_JUMP, 0, 0, len(self._code) - place - 1))
        return len(self._code) - 1
