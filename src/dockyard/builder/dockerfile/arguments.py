"""The arguments behind keyword and flags, split as each keyword's form has it. Variables aren't replaced yet.

ADD COPY VOLUME            ["a", "b"] or words
RUN CMD ENTRYPOINT SHELL   ["a", "b"] or one text
ENV LABEL                  a=b c="d e", or the old form `a rest of the line`
ARG                        a b=c
HEALTHCHECK                NONE, or CMD and the form of CMD
MAINTAINER STOPSIGNAL USER WORKDIR   one text
EXPOSE FROM                words
"""

import json
import re
from dataclasses import dataclass

from dockyard.builder.dockerfile.source import SPACES, DockerfileError

_BLANKS = re.compile(r"[\t\v\f\r ]+")
_LONELY = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Pair:
    """`key=value`, or with `legacy` the old form `key value`; quotes are still there."""

    key: str
    value: str
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Arguments:
    """`words`, and for ENV and LABEL `pairs`; `json` when they stood as a JSON array (the exec form)."""

    words: tuple[str, ...] = ()
    json: bool = False
    pairs: tuple[Pair, ...] = ()


def parse_arguments(name: str, text: str, escape: str) -> Arguments:
    """The arguments `text` of the instruction `name` (lower case). Raises DockerfileError."""
    if name in ("add", "copy", "volume"):
        return _array(text) or Arguments(tuple(_blank_separated(text)))
    if name in ("run", "cmd", "entrypoint", "shell"):
        return _array(text) or Arguments((text,) if text else ())
    if name in ("env", "label"):
        return Arguments(pairs=_pairs(name.upper(), text, escape))
    if name == "arg":
        return Arguments(tuple(quoted_words(text, escape)))
    if name == "healthcheck":
        return _healthcheck(text)
    if name in ("expose", "from"):
        return Arguments(tuple(_blank_separated(text)))
    if name in ("maintainer", "stopsignal", "user", "workdir", "onbuild"):
        return Arguments((text,) if text else ())
    return Arguments()


def _blank_separated(text: str) -> list[str]:
    return _BLANKS.split(text) if text else []


def _array(text: str) -> Arguments | None:
    """The exec form; None for what isn't JSON, which then is the other form. DockerfileError for other than strings."""
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text, strict=True, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list):
        return None
    if not all(isinstance(item, str) for item in value):
        raise DockerfileError("when using JSON array syntax, arrays must be comprised of strings only")
    return Arguments(tuple(_LONELY.sub("\ufffd", item) for item in value), json=True)


def _refuse(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity aren't JSON


def _healthcheck(text: str) -> Arguments:
    kind = text
    for at, char in enumerate(text):
        if char in SPACES:
            kind = text[:at]
            break
    rest = text[len(kind) :].strip(SPACES)
    if not kind:
        return Arguments()
    command = _array(rest) or Arguments((rest,) if rest else ())
    return Arguments((kind, *command.words), command.json)


def _pairs(keyword: str, text: str, escape: str) -> tuple[Pair, ...]:
    words = quoted_words(text, escape)
    if not words:
        return ()
    if "=" not in words[0]:
        parts = _BLANKS.split(text, maxsplit=1)
        if len(parts) < 2:
            raise DockerfileError(f"{keyword} must have two arguments")
        return (Pair(parts[0], parts[1], legacy=True),)
    pairs = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            shown = json.dumps(word, ensure_ascii=False)
            raise DockerfileError(f"Syntax error - can't find = in {shown}. Must be of the form: name=value")
        pairs.append(Pair(key, value))
    return tuple(pairs)


def quoted_words(text: str, escape: str) -> list[str]:
    """Words separated by white space outside of quotes; quotes and escapes stay where they are."""
    words: list[str] = []
    current: list[str] = []
    quote, began, at = "", False, 0
    while at < len(text):
        char = text[at]
        at += 1
        if not quote and char in SPACES:
            if began:
                words.append("".join(current))
            current, began = [], False
            continue
        if char == escape and quote != "'":
            if at == len(text):
                break  # at the very end it means nothing
            current += (char, text[at])
            at += 1
            began = True
            continue
        if char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        current.append(char)
        began = True
    if began:
        words.append("".join(current))
    return words
