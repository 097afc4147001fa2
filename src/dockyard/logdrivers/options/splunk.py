"""Options of the splunk driver. Only their names are checked when a container is created; values at its start.

https://github.com/moby/moby/blob/v28.5.2/daemon/logger/splunk/splunk.go
https://docs.docker.com/engine/logging/drivers/splunk/
"""

from dataclasses import dataclass

from dockyard.errors import InvalidParameter
from dockyard.logdrivers.contract import COMMON_OPTIONS, Options
from dockyard.logdrivers.values import boolean, integer, url

KNOWN = COMMON_OPTIONS | {
    "splunk-url",
    "splunk-token",
    "splunk-source",
    "splunk-sourcetype",
    "splunk-index",
    "splunk-capath",
    "splunk-caname",
    "splunk-insecureskipverify",
    "splunk-format",
    "splunk-verify-connection",
    "splunk-gzip",
    "splunk-gzip-level",
    "splunk-index-acknowledgment",
}

FORMATS = ("inline", "json", "raw")
EVENT_PATH = "/services/collector/event/1.0"


@dataclass(frozen=True, slots=True)
class SplunkSettings:
    """What the options say.

    url: of the collector's events. capath: a PEM file; caname: the name that the certificate must have. gzip_level: -1
    to 9, None for no compression. verify_connection: the container only starts when the collector answers.
    """

    url: str
    token: str
    source: str
    source_type: str
    index: str
    capath: str
    caname: str
    insecure_skip_verify: bool
    form: str
    verify_connection: bool
    gzip_level: int | None
    index_acknowledgment: bool


def check(options: Options) -> None:
    """Raises InvalidParameter as Docker's ValidateLogOpt."""
    for key in options:
        if key not in KNOWN:
            raise InvalidParameter(f"unknown log opt '{key}' for splunk log driver")


def settings(options: Options) -> SplunkSettings:
    """What `options` say; InvalidParameter."""
    address = _url(options)
    if "splunk-token" not in options:
        raise InvalidParameter("splunk: splunk-token is expected")
    form = options.get("splunk-format", "inline")
    level = integer(options.get("splunk-gzip-level", "-1"))
    if not -1 <= level <= 9:
        raise InvalidParameter(
            f"not supported level '{options['splunk-gzip-level']}' for splunk-gzip-level "
            "(supported values between -1 and 9)"
        )
    if form not in FORMATS:
        raise InvalidParameter(f"unknown format specified {form}, supported formats are inline, json and raw")
    return SplunkSettings(
        url=address,
        token=options["splunk-token"],
        source=options.get("splunk-source", ""),
        source_type=options.get("splunk-sourcetype", ""),
        index=options.get("splunk-index", ""),
        capath=options.get("splunk-capath", ""),
        caname=options.get("splunk-caname", ""),
        insecure_skip_verify=boolean(options.get("splunk-insecureskipverify", "false")),
        form=form,
        verify_connection=boolean(options.get("splunk-verify-connection", "true")),
        gzip_level=level if boolean(options.get("splunk-gzip", "false")) else None,
        index_acknowledgment=boolean(options.get("splunk-index-acknowledgment", "false")),
    )


def _url(options: Options) -> str:
    text = options.get("splunk-url")
    if text is None:
        raise InvalidParameter("splunk: splunk-url is expected")
    try:
        parsed = url(text)
    except InvalidParameter:
        raise InvalidParameter(f"splunk: failed to parse {text} as url value in splunk-url") from None
    if parsed.scheme not in ("http", "https") or parsed.path not in ("", "/") or parsed.query or parsed.fragment:
        raise InvalidParameter("splunk: expected format scheme://dns_name_or_ip:port for splunk-url")
    return f"{parsed.scheme}://{parsed.netloc}{EVENT_PATH}"
