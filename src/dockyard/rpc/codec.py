"""Messages as bytes, and an error's details as `google.rpc.Status`. What can't be read is the peer's fault."""

from typing import Any

from google.protobuf.message import DecodeError
from grpclib.const import Status
from grpclib.encoding.base import CodecBase, StatusDetailsCodecBase
from grpclib.exceptions import GRPCError

from dockyard.wire.buildkit.messages import status as status_messages

MOST_DETAIL_BYTES = 1 << 20


class Codec(CodecBase):
    """Of messages: their classes are in dockyard.wire.buildkit.messages."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        if not isinstance(message, message_type):
            raise TypeError(f"{message_type.__name__} expected, {type(message).__name__} given")
        encoded: bytes = message.SerializeToString()
        return encoded

    def decode(self, data: bytes, message_type: Any) -> Any:
        try:
            return message_type.FromString(data)
        except DecodeError as error:
            raise GRPCError(Status.INVALID_ARGUMENT, f"{message_type.__name__}: {error}") from None


class DetailsCodec(StatusDetailsCodecBase):
    """Of an error's details: a list of `google.protobuf.Any`."""

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:
        whole = status_messages.Status(code=status.value, message=message or "", details=details or ())
        encoded: bytes = whole.SerializeToString()
        return encoded

    def decode(self, status: Status, message: str | None, data: bytes) -> Any:
        del status, message
        if len(data) > MOST_DETAIL_BYTES:
            return []
        try:
            return list(status_messages.Status.FromString(data).details)
        except DecodeError:
            return []
