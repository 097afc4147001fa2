"""The daemon's own log, on stderr, a line each, in the form that dockerd writes (logfmt as of logrus).

time="2026-11-24T08:00:00.000000000Z" level=info msg="API listen on /run/dockyard/dockyard.sock"
"""

import logging
import sys
import time
import traceback
from collections.abc import Mapping

from dockyard.engine.config import DaemonConfig

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
NAMES = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "fatal",
}


def set_up_logging(config: DaemonConfig) -> None:
    """Sends everything from the configured level on to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogfmtFormatter())
    logging.getLogger().handlers[:] = [handler]
    set_level(config)
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def set_level(config: DaemonConfig) -> None:
    """Sets the level from which on things are logged."""
    level = logging.DEBUG if config.debug else LEVELS.get(config.log_level, logging.CRITICAL)
    logging.getLogger().setLevel(level)


class LogfmtFormatter(logging.Formatter):
    """One record as one line; `extra={"fields": {…}}` adds fields, a traceback becomes the field `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        seconds, fraction = divmod(int(record.created * 1e9), 1_000_000_000)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        parts = [f'time="{moment}.{fraction:09d}Z"', f"level={NAMES.get(record.levelno, 'info')}"]
        parts.append(f"msg={quoted(record.getMessage())}")
        fields: Mapping[str, str] = getattr(record, "fields", {})
        parts.extend(f"{name}={quoted(value) if ' ' in value else value}" for name, value in fields.items())
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(f"error={quoted(''.join(traceback.format_exception(record.exc_info[1])))}")
        return " ".join(parts)


def quoted(text: str) -> str:
    """`text` in double quotes, with what would break the line escaped."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
