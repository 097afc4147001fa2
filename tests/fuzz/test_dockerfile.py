"""The Dockerfile language against any text: it never hangs or breaks, and reads what another port of BuildKit reads."""

from typing import Any

import pytest
from e2b_dockerfile_utils import DockerfileSyntaxError, PatternMatcher, ShellLex, parse_dockerfile_ast
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dockyard.builder.dockerfile import DockerfileError, parse_dockerfile
from dockyard.builder.dockerfile.ignore import Ignore, read_patterns
from dockyard.builder.dockerfile.lines import Line, read_lines
from dockyard.builder.dockerfile.words import Mode, scan
from dockyard.errors import InvalidParameter

FAST = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))

KEYWORDS = [
    "FROM",
    "RUN",
    "COPY",
    "ENV",
    "LABEL",
    "ARG",
    "CMD",
    "HEALTHCHECK",
    "VOLUME",
    "EXPOSE",
    "add",
]
PIECES = [
    *KEYWORDS, "a=b", "a", '["x", "y"]', '["x"', "'q'", '"d e"', '"', "'", "\\", "\\\n", "\\\n\n", "`",
    "<<EOF", "<<-'EOF'",
    "EOF", "\n", "\n", " ", "\t", "#", "# escape=`\n", "# syntax=x\n", "--flag=x", "--mount=type=bind", "--", "$a",
    "${a:-b}",
    "CMD", "NONE", "=", "é", "\r\n", "\v", "{", "}",
]  # fmt: skip
DOCKERFILES = st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join) | st.lists(
    st.sampled_from(PIECES), max_size=25
).map("".join)


@FAST
@given(DOCKERFILES)
def test_reads_lines_as_another_port_of_buildkit_does(text: str) -> None:
    try:
        theirs: Any = parse_dockerfile_ast(text)
    except (DockerfileSyntaxError, ValueError) as error:
        theirs = error
    try:
        ours: Any = read_lines(text.encode())
    except DockerfileError as error:
        ours = error
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        if getattr(theirs, "instructions", None) == [] or "unknown instruction" in str(theirs):
            return  # errors in BuildKit, but of another stage
        assert isinstance(theirs, Exception) == isinstance(ours, Exception), (ours, theirs)
        return
    assert ours.escape == theirs.escape_token
    assert len(ours.lines) == len(theirs.instructions)
    for mine, other in zip(ours.lines, theirs.instructions, strict=True):
        assert (mine.keyword.upper(), mine.original) == (other.name, other.original)
        assert list(mine.flags) == other.flags
        assert (mine.span.start, mine.span.end) == (other.start_line, other.end_line)
        assert [(h.name, h.content, h.chomps, h.expands, h.descriptor) for h in mine.heredocs] == [
            (h.name, h.content, h.chomp, h.expand, h.file_descriptor) for h in other.heredocs
        ]
        # The other port joins quoted words of COPY, which BuildKit doesn't.
        split = mine.name in ("copy", "add", "volume") and not {"'", '"', "\\"}.intersection(mine.original)
        if split or mine.name in ("run", "cmd", "arg", "env", "label", "from", "expose"):
            assert flat(mine) == other.args
            assert mine.arguments.json == other.json


def flat(line: Line) -> list[str]:
    """Arguments as the other port gives them."""
    if line.name in ("env", "label"):
        return [part for pair in line.arguments.pairs for part in (pair.key, pair.value, "" if pair.legacy else "=")]
    return list(line.arguments.words)


WORDS = st.text(alphabet="ab1_ $\\{}:-+?#%/*'\"<=\t", max_size=24)
VALUES = {"a": "abab", "b": "", "ab": "a/b*c", "_": "x y"}


@FAST
@given(WORDS, st.booleans(), st.booleans())
def test_words_are_those_of_another_port_of_buildkit(text: str, raw_quotes: bool, keep_unset: bool) -> None:
    lexer = ShellLex("\\", raw_quotes=raw_quotes, skip_unset_env=keep_unset, env=VALUES)
    try:
        # since 2025 BuildKit drops words that are empty
        theirs: Any = (lexer.process_word(text), [word for word in lexer.process_words(text) if word])
    except ValueError:
        theirs = None
    try:
        done = scan(text, VALUES, Mode(raw_quotes=raw_quotes, keep_unset=keep_unset))
        ours: Any = (done.text, done.words)
    except DockerfileError:
        ours = None
    assert ours == theirs


@FAST
@given(
    st.lists(st.text(alphabet="ab*?/!.\\[-]c^", min_size=1, max_size=9), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "ab", "a.c", "c", "aa", ".a"]), min_size=1, max_size=4).map("/".join),
)
def test_ignore_rules_are_those_of_another_port_of_buildkit(patterns: list[str], path: str) -> None:
    assume(not any(pattern.lstrip("/.").startswith("!") and pattern[0] != "!" for pattern in patterns))
    assume(not any("[" in pattern and "\\" in pattern for pattern in patterns))  # there regular expressions differ
    try:
        theirs: Any = PatternMatcher(patterns).matches(path)
    except ValueError:
        theirs = None
    try:
        ours: Any = Ignore(read_patterns("\n".join(patterns))).excludes(path)
    except InvalidParameter:
        ours = None
    assert ours == theirs


@FAST
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse_dockerfile(data)
    except DockerfileError as error:
        assert str(error).isprintable() or str(error)
        assert isinstance(error.excerpt, str)


HUGE = {
    "many lines": b"FROM a\n" + b"RUN true\n" * 100_000,
    "one continued line": b"FROM a\nRUN a \\\n" + b"b \\\n" * 200_000 + b"c\n",
    "zero bytes": b"\0" * 1_000_000,
    "newlines": b"\n" * 1_000_000,
    "comments": b"#\n" * 500_000,
    "a long heredoc": b"FROM a\nRUN <<E\n" + b"x\n" * 500_000 + b"E\n",
    "many heredocs": b"FROM a\nRUN " + b"<<E " * 10_000 + b"\n" + b"E\n" * 10_000,
    "nested arrays": b"FROM a\nRUN " + b"[" * 60_000 + b"\n",
    "nested substitutions": b"FROM a\nENV a=" + b"${a:-" * 12_000 + b"}" * 10 + b"\n",
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.timeout(30)
def test_megabytes_are_read_in_seconds_or_refused(name: str) -> None:
    try:
        parse_dockerfile(HUGE[name])
    except DockerfileError as error:
        assert len(error.excerpt) < 2000


@pytest.mark.timeout(30)
@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "?*" * 60 + "b", "*" * 400 + "b"])
def test_patterns_made_to_backtrack_take_no_time(pattern: str) -> None:
    for form in ("#", "##", "%", "%%"):
        scan("${a" + form + pattern + "}", {"a": "a" * 5000})
    assert not Ignore(["**/" * 40 + "x", pattern.replace("?", "*") + "c"]).excludes("/".join(["a" * 10] * 100))
