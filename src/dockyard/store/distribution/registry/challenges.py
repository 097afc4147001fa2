"""WWW-Authenticate: what a registry wants to know of us. RFC 9110, 11.6.1.

challenges   challenge {"," challenge}
challenge    scheme [parameter {"," parameter}]
parameter    name "=" (token | quoted string)

Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull"
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)')
_SCHEME = re.compile(rf"[\s,]*({_TOKEN})(?:\s+(?!=)|\s*(?=,|$))")
_LIMIT = 16


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate. `scheme` and the names of parameters are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """The challenges in the values of WWW-Authenticate headers; what can't be read is passed over."""
    found: list[Challenge] = []
    for text in headers:
        position = 0
        while len(found) < _LIMIT and (scheme := _SCHEME.match(text, position)):
            position = scheme.end()
            parameters: dict[str, str] = {}
            while parameter := _PARAMETER.match(text, position):
                name, quoted, plain = parameter.groups()
                parameters[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                position = parameter.end()
            found.append(Challenge(scheme[1].lower(), parameters))
    return found


def bearer_or_basic(challenges: Iterable[Challenge]) -> Challenge | None:
    """The challenge to answer: Bearer where there is one with a realm, else Basic; None when neither is there."""
    by_scheme = {challenge.scheme: challenge for challenge in challenges}
    bearer = by_scheme.get("bearer")
    return bearer if bearer is not None and bearer.parameters.get("realm") else by_scheme.get("basic")
