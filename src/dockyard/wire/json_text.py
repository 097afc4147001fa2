"""JSON for programs that live ten milliseconds: the C scanner and encoder of the `json` package, without the package.

`import json` imports `re`, which takes 5 ms. The package's own C parts, in `_json`, need only what is set here. An
interpreter without them gets the package. Numbers with a fraction stay floats, all others are exact.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BLANKS = " \t\r\n"


class _Context:
    """What `_json.make_scanner` reads its settings from."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}


def _scanner() -> Callable[[str, int], tuple[Any, int]]:
    try:
        from _json import make_scanner
    except ImportError:
        from json import JSONDecoder

        return JSONDecoder(strict=False).raw_decode
    scanner: Callable[[str, int], tuple[Any, int]] = make_scanner(_Context())  # type: ignore[arg-type]
    return scanner


def loads(data: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError for what isn't one."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    start = 0
    while text[start : start + 1] in _BLANKS and start < len(text):
        start += 1
    try:
        value, end = _scanner()(text, start)
    except StopIteration:
        raise ValueError("not a JSON text") from None
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
    if text[end:].strip(_BLANKS):
        raise ValueError("more after the end of the JSON text")
    return value


def dumps(value: Any) -> str:
    """`value` as JSON on one line, in Go's manner: no blanks, letters beyond ASCII as they are."""
    try:
        from _json import encode_basestring, make_encoder

        encoder = make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)
        return "".join(encoder(value, 0))
    except (ImportError, TypeError):
        from json import dumps as slow_dumps

        return slow_dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refuse(value: Any) -> Any:
    raise ValueError(f"a {type(value).__name__} can't be written as JSON")
