"""JSON without the json package: the same values, the same refusals."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.wire import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_round_trip(value: Any) -> None:
    assert json_text.loads(json_text.dumps(value)) == value
    assert json.loads(json_text.dumps(value)) == value
    assert json_text.loads(json.dumps(value, indent=2).encode()) == value


@pytest.mark.parametrize("text", ["", " ", "{", "[1,", '{"a"}', "nul", "1 2", "[" * 100_000, '"\\u12"', "{'a': 1}"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        json_text.loads(text)


def test_what_json_has_no_form_for_is_refused() -> None:
    for value in (object(), {1, 2}, b"x", float("nan"), float("inf")):
        with pytest.raises(ValueError):
            json_text.dumps(value)


def test_without_the_c_parts_the_package_does_it() -> None:
    program = (
        "import sys; sys.modules['_json'] = None\n"
        "from dockyard.wire import json_text as j\n"
        "assert j.loads(j.dumps({'a': [1, 'ä']})) == {'a': [1, 'ä']}\n"
        "assert 'json' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
