"""`/containers/{id}/archive`: files of a container as archives, out and in (`docker cp`).

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerArchive
"""

from dockyard.engine.containers.archive.write import WriteOptions
from dockyard.errors import InvalidParameter
from dockyard.server.docker.call import Call
from dockyard.server.docker.http.answers import Answer, EmptyAnswer, StreamAnswer
from dockyard.server.docker.wire.path_status import STATUS_HEADER, path_status_text

TAR = "application/x-tar"
TRUE_WORDS = frozenset({"1", "true", "True"})
"""These two parameters are read more strictly than others."""


async def container_archive_info(call: Call) -> Answer:
    """`HEAD`: what is at `path`, in a header."""
    found = await call.engine.containers.path_status(call.name, _path(call))
    return EmptyAnswer(200, {STATUS_HEADER: path_status_text(found)})


async def container_archive(call: Call) -> Answer:
    """`GET`: the same, and an archive of it."""
    archive = await call.engine.containers.read_path(call.name, _path(call))
    return StreamAnswer(archive.pieces, TAR, headers={STATUS_HEADER: path_status_text(archive.status)})


async def put_container_archive(call: Call) -> Answer:
    """`PUT`: the archive in the body, unpacked in the directory `path`."""
    path = _path(call)
    call.engine.containers.get(call.name)  # refused before the body is read
    options = WriteOptions(
        keep_kinds=call.query.text("noOverwriteDirNonDir") in TRUE_WORDS,
        own=call.query.text("copyUIDGID") in TRUE_WORDS,
    )
    await call.engine.containers.write_path(call.name, path, call.body_pieces(), options)
    return EmptyAnswer(200)


def _path(call: Call) -> str:
    path = call.query.text("path")
    if not path:
        raise InvalidParameter("bad parameter: pathcannot be empty")  # word for word, without the space
    return path
