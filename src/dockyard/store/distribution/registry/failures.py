"""What goes wrong with a registry, in the words that Docker's users know.

    RegistryFailure           a SystemFailure, so that what nobody translates is still one of the closed set
    ├── Refusal               the registry answered, and said no: status, code and message
    ├── Unreachable           no answer, or half of one; `passing` says whether another try may help
    └── Untrustworthy         the answer can't be right: wrong digest, wrong size, too long, a redirect to nowhere

oci distribution-spec v1.1, "Error Codes"
"""

import json
from http import HTTPStatus
from typing import Any

from dockyard.errors import SystemFailure
from dockyard.store.distribution.registry.challenges import Challenge

UNKNOWN = "UNKNOWN"
_MESSAGES = {
    "UNAUTHORIZED": "authentication required",
    "DENIED": "requested access to the resource is denied",
    "TOOMANYREQUESTS": "too many requests",
    UNKNOWN: "unknown error",
}
_SHOWN_BYTES = 4096


class RegistryFailure(SystemFailure):
    """Something went wrong between a registry and us."""


class Refusal(RegistryFailure):
    """The registry refused. `code` is one of the specification's, or empty when it gave none that can be read."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = ""
        """The registry's Retry-After header."""
        self.from_token_server = False
        """Whether it wasn't the registry itself that refused, but who gives tokens for it."""

    def during(self, request: str) -> "Refusal":
        """The same of whoever gives tokens, with the request that a token was wanted for."""
        error = Refusal(f"{request}: {self}", self.status, self.code)
        error.retry_after, error.from_token_server = self.retry_after, self.from_token_server
        return error

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later: the registry is overloaded or being restarted."""
        return self.status in (429, 500, 502, 503, 504)


class Unreachable(RegistryFailure):
    """There was no whole answer. `spoke_tls`: whoever is there speaks TLS, so that nothing is gained without it."""

    def __init__(self, message: str, *, passing: bool, spoke_tls: bool = False) -> None:
        super().__init__(message)
        self.passing = passing
        self.spoke_tls = spoke_tls


class Untrustworthy(RegistryFailure):
    """What came isn't what was asked for. Another try would bring the same."""


def refusal(status: int, body: bytes, challenges: list[Challenge]) -> Refusal:
    """The error that an answer of 400 or more is, told as Docker tells it."""
    if status >= 500:
        return Refusal(f"received unexpected HTTP status: {status_line(status)}", status)
    for challenge in challenges:
        if challenge.scheme == "bearer":
            code = {"invalid_token": "UNAUTHORIZED", "insufficient_scope": "DENIED"}.get(
                challenge.parameters.get("error", "")
            )
            if code is not None:
                message = challenge.parameters.get("error_description") or _MESSAGES[code]
                return Refusal(f"{words(code)}: {message}", status, code)
    return _from_body(status, body)


def words(code: str) -> str:
    """An error code as a message begins with it: `MANIFEST_UNKNOWN` is "manifest unknown"."""
    return code.replace("_", " ").lower()


def status_line(status: int) -> str:
    """`404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _from_body(status: int, body: bytes) -> Refusal:
    shown = json.dumps(body[:_SHOWN_BYTES].decode("utf-8", "replace"), ensure_ascii=False)
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        details = document.get("details")
        if isinstance(details, str) and details:
            code = {401: "UNAUTHORIZED", 429: "TOOMANYREQUESTS"}.get(status, UNKNOWN)
            return Refusal(f"{words(code)}: {details}", status, code)
        errors = document.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            code = str(errors[0].get("code") or UNKNOWN)[:64]
            message = str(errors[0].get("message") or _MESSAGES.get(code, words(code)))[:_SHOWN_BYTES]
            return Refusal(f"{words(code)}: {message}", status, code)
    if status == 401:
        return Refusal(f"unauthorized: {_MESSAGES['UNAUTHORIZED']}", status, "UNAUTHORIZED")
    if document is None:
        return Refusal(f"error parsing HTTP {status} response body: invalid JSON: {shown}", status)
    return Refusal(
        f"error parsing HTTP {status} response body: no error details found in HTTP response body: {shown}", status
    )
