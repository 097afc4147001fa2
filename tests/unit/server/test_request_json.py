"""JSON as Go reads it: keys in any case, nulls, what is unknown, and Go's words for what doesn't fit."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.engine.containers.config import Config, HostConfig
from dockyard.errors import InvalidParameter
from dockyard.server.docker.endpoints.containers.create import SHAPE
from dockyard.server.docker.request_json import check_content_type, decode, shape_of

HOST = shape_of(HostConfig)


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b"{}", {}),
        (b"null", {}),
        (b'{"Image": "busybox"}', {"Image": "busybox"}),
        (b'{"image": "busybox", "ENV": ["a=b"]}', {"Image": "busybox", "Env": ["a=b"]}),
        (b'{"Env": null, "Labels": null, "HostConfig": null}', {}),
        (b'{"NoSuch": [1, {"x": null}]}', {}),
        (b'{"Labels": {"Image": "x", "y": null}}', {"Labels": {"Image": "x", "y": ""}}),
        (b'{"Env": ["a", null]}', {"Env": ["a", ""]}),
        (b'{"Cmd": "echo hi", "Entrypoint": ["sh"]}', {"Cmd": ["echo hi"], "Entrypoint": ["sh"]}),
        (b'{"ExposedPorts": {"80/tcp": {}, "81/tcp": null}}', {"ExposedPorts": {"80/tcp": {}, "81/tcp": {}}}),
        (b'{"StopTimeout": 0}', {"StopTimeout": 0}),
        (
            b'{"hostconfig": {"portBindings": {"80/tcp": [{"hostport": "8080"}], "81/tcp": null}}}',
            {"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}], "81/tcp": None}}},
        ),
        (b'{"HostConfig": {"ConsoleSize": [24]}}', {"HostConfig": {"ConsoleSize": [24, 0]}}),
        (b'{"HostConfig": {"ConsoleSize": [24, 80, 3]}}', {"HostConfig": {"ConsoleSize": [24, 80]}}),
        (
            b'{"NetworkingConfig": {"EndpointsConfig": {"net": {"IPAMConfig": {"ipv4address": "10.0.0.2"}}}}}',
            {"NetworkingConfig": {"EndpointsConfig": {"net": {"IPAMConfig": {"IPv4Address": "10.0.0.2"}}}}},
        ),
        ('{"Image": "gr\xfc\xdfe \\u00e4"}'.encode(), {"Image": "grüße ä"}),
        (b'{"Image": "\xff"}', {"Image": "\ufffd"}),
        (rb'{"Image": "\ud800"}', {"Image": "\ufffd"}),
        (rb'{"Image": "\ud83d\udc33\udc33"}', {"Image": "\U0001f433\ufffd"}),
        (rb'{"Image": "\ud800", "User": "\\ud800"}', {"Image": "\ufffd", "User": r"\ud800"}),
    ],
)
def test_what_is_accepted(body: bytes, document: dict[str, Any]) -> None:
    assert decode(body, SHAPE) == document


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b" ", "invalid JSON: got EOF while reading request body"),
        (b"{", "invalid JSON: unexpected EOF"),
        (b'{"Image": "bus', "invalid JSON: unexpected EOF"),
        (b"image", "invalid JSON: invalid character 'i' looking for beginning of value"),
        (b'{"Image": nope}', "invalid JSON: invalid character 'o' in literal null (expecting 'u')"),
        (b'{"Image": tru}', "invalid JSON: invalid character '}' in literal true (expecting 'e')"),
        (b'{"Image": "x",}', "invalid JSON: invalid character '}' looking for beginning of object key string"),
        (b'{"Env": ["x",]}', "invalid JSON: invalid character ']' looking for beginning of value"),
        (b'{"Env": ["x" "y"]}', "invalid JSON: invalid character '\"' after array element"),
        (b'{"Env": ["x"}', "invalid JSON: invalid character '}' after array element"),
        (b'{"StopTimeout": 1x}', "invalid JSON: invalid character 'x' after object key:value pair"),
        (b'{"StopTimeout": 01}', "invalid JSON: invalid character '1' after object key:value pair"),
        (b'{"StopTimeout": -}', "invalid JSON: invalid character '}' in numeric literal"),
        (b'{"StopTimeout": 1.}', "invalid JSON: invalid character '}' after decimal point in numeric literal"),
        (b'{"StopTimeout": 1e}', "invalid JSON: invalid character '}' in exponent of numeric literal"),
        (b'{"Image": "a\nb"}', "invalid JSON: invalid character '\\n' in string literal"),
        (b'{"Image": "a\\xb"}', "invalid JSON: invalid character 'x' in string escape code"),
        (b'{"Image": "a\\u00g0"}', "invalid JSON: invalid character 'g' in \\u hexadecimal character escape"),
        (
            rb'{"HostConfig": {"Binds": ["/a\u0000:/b"]}}',
            "invalid value for HostConfig.Binds: strings must not contain a NUL character",
        ),
        (rb'{"Labels": {"a\u0000": ""}}', "invalid value for Labels: strings must not contain a NUL character"),
        (b"}", "invalid JSON: invalid character '}' looking for beginning of value"),
        (b"{Image: 1}", "invalid JSON: invalid character 'I' looking for beginning of object key string"),
        (b'{"Image" "x"}', "invalid JSON: invalid character '\"' after object key"),
        (b'{"Image": "x" "y"}', "invalid JSON: invalid character '\"' after object key:value pair"),
        (b'{"Image": "x"} {"a": 1}', "unexpected content after JSON"),
        (b"[]", "invalid JSON: json: cannot unmarshal array into Go value of type CreateRequest"),
        (b'"x"', "invalid JSON: json: cannot unmarshal string into Go value of type CreateRequest"),
        (
            b'{"Image": 5}',
            "invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Image of type string",
        ),
        (
            b'{"Env": "A=B"}',
            "invalid JSON: json: cannot unmarshal string into Go struct field CreateRequest.Env of type []string",
        ),
        (
            b'{"Env": [1]}',
            "invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Env of type string",
        ),
        (
            b'{"Tty": "true"}',
            "invalid JSON: json: cannot unmarshal string into Go struct field CreateRequest.Tty of type bool",
        ),
        (
            b'{"HostConfig": {"Memory": "64m"}}',
            (
                "invalid JSON: json: cannot unmarshal string into Go struct field "
                "HostConfig.HostConfig.Memory of type int64"
            ),
        ),
        (
            b'{"HostConfig": {"memory": 1.5}}',
            (
                "invalid JSON: json: cannot unmarshal number 1.5 into Go struct field "
                "HostConfig.HostConfig.Memory of type int64"
            ),
        ),
        (
            b'{"HostConfig": {"Memory": 99999999999999999999}}',
            (
                "invalid JSON: json: cannot unmarshal number 99999999999999999999 into Go struct field "
                "HostConfig.HostConfig.Memory of type int64"
            ),
        ),
        (
            b'{"HostConfig": {"Memory": true}}',
            "invalid JSON: json: cannot unmarshal bool into Go struct field HostConfig.HostConfig.Memory of type int64",
        ),
        (
            b'{"HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": 8080}]}}}',
            (
                "invalid JSON: json: cannot unmarshal number into Go struct field "
                "PortBinding.HostConfig.PortBindings.HostPort of type string"
            ),
        ),
        (
            b'{"Labels": ["a"]}',
            (
                "invalid JSON: json: cannot unmarshal array into Go struct field "
                "CreateRequest.Labels of type map[string]string"
            ),
        ),
        (
            b'{"HostConfig": []}',
            (
                "invalid JSON: json: cannot unmarshal array into Go struct field "
                "CreateRequest.HostConfig of type HostConfig"
            ),
        ),
    ],
)
def test_what_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        decode(body, SHAPE)
    assert str(refused.value) == message


def test_a_body_nested_without_end() -> None:
    with pytest.raises(InvalidParameter, match="exceeded max depth"):
        decode(b'{"a":' * 100_000, SHAPE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*HOST.fields, "Labels", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_accepted_fits_the_struct(value: Any) -> None:
    """Nothing but InvalidParameter comes out, and what passes always converts."""
    body = msgspec.json.encode({"HostConfig": value})
    try:
        document = decode(body, SHAPE)
    except InvalidParameter:
        return
    if "HostConfig" in document:
        msgspec.convert(document["HostConfig"], HostConfig)


@given(st.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    with contextlib.suppress(InvalidParameter):
        msgspec.convert(decode(body, SHAPE), Config)


@pytest.mark.parametrize(
    ("content_type", "has_body"),
    [("", False), ("application/json", True), ("application/json; charset=utf-8", True), ("Application/JSON", True)],
)
def test_content_types_that_are_fine(content_type: str, has_body: bool) -> None:
    check_content_type(content_type, has_body)


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"),
        (";x", "malformed Content-Type header (;x): mime: no media type"),
        ("", "malformed Content-Type header (): mime: no media type"),
    ],
)
def test_content_types_that_are_refused(content_type: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        check_content_type(content_type, True)
    assert str(refused.value) == message
