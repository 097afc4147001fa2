"""Events of the HTTP Event Collector, as bytes: JSON objects one after the other.

    {"event": {"line": …, "source": "stdout", "tag": …, "attrs": {…}}, "time": "1764.123456", "host": …, …}

In the format `json` a line that is JSON is sent as what it says; in `raw` the event is a text: tag, attributes, line.

https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dockyard.logdrivers.local_entries import Entry
from dockyard.logdrivers.options.splunk import SplunkSettings


def event(entry: Entry, chosen: SplunkSettings, hostname: str, tag: str, extra: Mapping[str, str]) -> bytes:
    """The event of one entry; empty for one that the collector would refuse: blank, in the format `raw`."""
    text = entry.line.decode("utf-8", "replace")
    said: Any
    if chosen.form == "raw":
        if not text.strip():
            return b""
        said = "".join((f"{tag} " if tag else "", *(f"{key}={value} " for key, value in extra.items()), text))
    else:
        said = {"line": _line(text, entry.line) if chosen.form == "json" else text, "source": entry.stream}
        if tag:
            said["tag"] = tag
        if extra:
            said["attrs"] = dict(extra)
    message: dict[str, Any] = {"event": said, "time": f"{entry.time_ns / 1e9:.6f}", "host": hostname}
    routing = {"source": chosen.source, "sourcetype": chosen.source_type, "index": chosen.index}
    return msgspec.json.encode(message | {name: value for name, value in routing.items() if value})


def _line(text: str, raw: bytes) -> Any:
    try:
        msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return text
    return msgspec.Raw(raw)
