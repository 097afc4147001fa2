"""Errors to answers: the closed set of `dockyard.errors` to HTTP status and Docker's error document.

https://docs.docker.com/reference/api/engine/version/v1.55/ ("Errors")
"""

import logging

from dockyard.api.media_types import TEXT
from dockyard.api.versions import MINIMUM, Version
from dockyard.errors import HTTP_STATUS, DockyardError
from dockyard.server.docker.http.answers import Answer, BytesAnswer, EmptyAnswer, JsonAnswer

LOG = logging.getLogger(__name__)

PAGE_NOT_FOUND = JsonAnswer({"message": "page not found"}, 404)


def status_of(error: BaseException) -> int:
    """The HTTP status for `error`; 500 for what isn't classified."""
    return HTTP_STATUS.get(type(error), 500) if isinstance(error, DockyardError) else 500


def answer_error(error: Exception, version: Version, operation: str) -> Answer:
    """The answer to a request whose endpoint raised `error`.

    An error outside the closed set is a bug of ours and logged with its traceback. Clients older than the oldest
    version expected plain text and would print JSON as it is, so they get text.
    """
    status = status_of(error)
    if not isinstance(error, DockyardError):
        LOG.error("%s: unclassified error", operation, exc_info=error)
    elif status >= 500 and status != 501:
        LOG.error("%s: %s", operation, error)
    message = str(error) if isinstance(error, DockyardError) else f"{type(error).__name__}: {error}"
    if status == 304:
        return EmptyAnswer(304)
    if version < MINIMUM:
        return BytesAnswer(f"{message}\n".encode(), TEXT, status, {"X-Content-Type-Options": "nosniff"})
    return JsonAnswer({"message": message}, status)
