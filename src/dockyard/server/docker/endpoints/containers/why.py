"""`GET /containers/{id}/why`: how the last run ended, decoded. Not in Docker's API; `dockyard why` shows it."""

from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, JsonAnswer
from dockyard.server.docker.wire.ending import ending_document


async def container_why(call: Call) -> Answer:
    """The verdict with everything that it was drawn from."""
    record, reason = call.engine.containers.why(call.name)
    return JsonAnswer(
        {
            "Id": record.id,
            "Name": f"/{record.name}",
            "Status": str(record.state.status),
            "RestartCount": record.restart_count,
            "Verdict": reason.verdict,
            "Summary": reason.summary,
            "Error": record.state.error,
            "Ending": ending_document(record.ending),
        }
    )
