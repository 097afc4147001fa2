"""One line of comma separated values, as Go's encoding/csv reads it: the form of `--mount` and `--device`. RFC 4180."""

from dockyard.builder.dockerfile.source import DockerfileError


def csv_fields(text: str, what: str) -> list[str]:
    """The fields of `text`; `what` names them in errors. Raises DockerfileError in Go's words."""
    if not text:
        raise DockerfileError(f"failed to parse csv {what}: EOF")
    fields: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            field, at = _quoted(text, at + 1, what)
        else:
            end = text.find(",", at)
            end = len(text) if end < 0 else end
            field = text[at:end]
            if '"' in field:
                raise _wrong(what, at + field.index('"') + 1, 'bare " in non-quoted-field')
            at = end
        fields.append(field)
        if at >= len(text):
            return fields
        at += 1  # the comma


def _quoted(text: str, at: int, what: str) -> tuple[str, int]:
    """The quoted field whose content begins at `at`, and where it ends."""
    parts: list[str] = []
    while True:
        end = text.find('"', at)
        if end < 0:
            raise _wrong(what, len(text), 'extraneous or missing " in quoted-field')
        parts.append(text[at:end])
        at = end + 1
        if text.startswith('"', at):  # a doubled quote is one
            parts.append('"')
            at += 1
        elif at == len(text) or text[at] == ",":
            return "".join(parts), at
        else:
            raise _wrong(what, end + 1, 'extraneous or missing " in quoted-field')


def _wrong(what: str, column: int, message: str) -> DockerfileError:
    return DockerfileError(f"failed to parse csv {what}: parse error on line 1, column {column}: {message}")
