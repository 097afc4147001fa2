"""Anything typed, in daemon.json, or answered by a daemon: understood or refused, never an error of our own."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dockyard.cli.container.options.body import create_body
from dockyard.cli.container.options.table import CREATE_FLAGS
from dockyard.cli.container.run import FLAGS as RUN_FLAGS
from dockyard.cli.flags.parse import parse
from dockyard.cli.image.reference import checked
from dockyard.cli.output.progress import drawn
from dockyard.cli.output.table import aligned
from dockyard.cli.timestamps import timestamp
from dockyard.client import address, stdcopy
from dockyard.client.http1 import parse_headers, parse_status
from dockyard.cmd.daemon_config import invocation
from dockyard.cmd.daemon_flags import FLAGS
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.wire.template import Record, Template

WORDS = st.sampled_from(
    [
        *(f"--{flag.name}" for flag in CREATE_FLAGS),
        *(f"-{flag.short}" for flag in CREATE_FLAGS if flag.short),
        *(
            "80:80",
            "a=b",
            "/a:/b",
            "1m",
            "type=bind,src=/a,dst=/b",
            "container:x",
            "on-failure:3",
            "",
            "--",
            "-",
            "all",
        ),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "hosts", "labels", "runtimes", "log-opts", "default-ulimits", "default-address-pools", "features",
        "proxies", "mtu", "debug", "dns", "bip", "x", "default-shm-size", "registry-mirrors",
        "insecure-registries", "host-gateway-ips",
    ]
)  # fmt: skip
PIECES = st.sampled_from(
    [
        "{{", "}}", "{{-", "-}}", ".", ".Names", ".ID", "$x", ":=", "=", "|", "(", ")", ",", "if", "range",
        "with", "else", "end", "break", "/*", "*/", '"', "`", "'", "\\", "1", "0x", "1.5e", "json", "index",
        "printf", "len", "nil", "true", "slice", "eq", "and", "join", "split", "text", "%", "define", " ", "\n",
    ]
)  # fmt: skip
DETAILS = st.fixed_dictionaries({}, optional={"current": st.integers(-5, 10**12), "total": st.integers(-5, 10**12)})
PROGRESS = st.fixed_dictionaries(
    {}, optional={"id": st.text(max_size=3), "status": st.text(max_size=3), "progressDetail": DETAILS}
)


@given(st.lists(WORDS | st.text(max_size=12), max_size=8))
@settings(max_examples=400)
def test_the_flags_of_run(words: list[str]) -> None:
    try:
        options = parse(RUN_FLAGS, words, interspersed=False)
        options.arguments = options.arguments or ["image"]
        json.dumps(create_body(options, {"HOME": "/root"}))
    except DockyardError as error:
        assert str(error)


@given(st.lists(st.sampled_from([f"--{flag.name}" for flag in FLAGS]) | st.text(max_size=12), max_size=6))
@settings(max_examples=300)
def test_the_flags_of_the_daemon(words: list[str]) -> None:
    try:
        invocation(words, read=lambda _path: None)
    except InvalidParameter as error:
        assert str(error)


@given(st.dictionaries(KEYS, JSON, max_size=3))
@settings(max_examples=400)
def test_daemon_json(document: dict[str, Any]) -> None:
    try:
        invocation([], read=lambda _path: json.dumps(document).encode())
    except InvalidParameter as error:
        assert str(error)


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=30).map(lambda text: f"{{{{{text}}}}}"))
@settings(max_examples=1000)
def test_templates(text: str) -> None:
    row = Record("*row", {"Names": "a,b", "ID": lambda: "0123", "Label": lambda name: name})
    for data in (row, {"Names": ["a"], "ID": None, "n": 5}, None):
        try:
            Template(text).render(data)
        except InvalidParameter as error:
            assert str(error).startswith("template: ")


@given(st.text(max_size=40) | st.from_regex(r"[a-zA-Z0-9._/:@-]{0,40}", fullmatch=True))
def test_references(text: str) -> None:
    try:
        repository, tag, digest = checked(text)
    except InvalidParameter:
        return
    assert text == repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


@given(st.text(max_size=30))
def test_addresses_and_moments(text: str) -> None:
    for read in (address.parse, lambda value: timestamp(value, 1e9)):
        try:
            read(text)
        except DockyardError as error:
            assert str(error)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_what_a_daemon_sends(pieces: list[bytes]) -> None:
    demultiplexer = stdcopy.Demultiplexer()
    try:
        for piece in pieces:
            demultiplexer.feed(piece)
    except DockyardError as error:
        assert str(error)
    parse_headers(pieces)
    try:
        parse_status(b"".join(pieces))
    except DockyardError as error:
        assert str(error)


@given(st.lists(st.lists(st.text(alphabet="ab你\t", max_size=6), max_size=4).map("\t".join), max_size=5))
def test_tables_lose_nothing(lines: list[str]) -> None:
    text = aligned("\n".join(lines))
    assert text.replace(" ", "").split("\n") == [line.replace("\t", "") for line in "\n".join(lines).split("\n")]


@given(st.lists(PROGRESS, max_size=6), st.sampled_from([None, 40, 200]))
def test_progress(values: list[Any], columns: int | None) -> None:
    drawn(values, columns)
