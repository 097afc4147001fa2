"""Whether a container's log driver can be had: at its start, as in Docker, and only there.

Docker connects when it makes the driver, and the start fails when that fails, but for datagrams, `fluentd-async` and
`splunk-verify-connection=false`. What happens to the receiver later keeps no container from running.
"""

import asyncio

from dockyard.errors import SystemFailure
from dockyard.logdrivers.contract import Options, Subject
from dockyard.logdrivers.options import fluentd
from dockyard.logdrivers.sinks import make_sink

PROBE_SECONDS = 20.0


async def probe(driver: str, options: Options, subject: Subject) -> None:
    """Connects once. InvalidParameter for options without meaning; SystemFailure when nobody is there."""
    if driver == "fluentd" and fluentd.settings(options).asynchronous:
        return
    sink = make_sink(driver, options, subject)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await sink.open()
    except TimeoutError as error:
        raise SystemFailure(str(error) or f"{driver}: i/o timeout") from error
    except OSError as error:
        raise SystemFailure(str(error)) from error
    finally:
        await sink.close()
