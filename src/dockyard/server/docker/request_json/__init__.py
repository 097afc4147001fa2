"""JSON that clients send, read as Go's encoding/json reads it into Docker's types.

Go matches keys without regard to case, takes null for "leave the zero value", ignores keys that it doesn't know, and
names the field and its type when a value doesn't fit. Clients of every age rely on each of these. So a body is decoded
without types, then walked once along its `Shape`, which is derived from the engine's own structs.

https://pkg.go.dev/encoding/json#Unmarshal
"""

from dockyard.server.docker.request_json.decode import check_content_type, decode
from dockyard.server.docker.request_json.shape import Shape, shape_of

__all__ = ["Shape", "check_content_type", "decode", "shape_of"]
