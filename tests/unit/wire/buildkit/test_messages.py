"""BuildKit's messages against bytes that were written down by hand from the protocol's encoding."""

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from dockyard.wire.buildkit.messages import control, errdefs, files, frontend, message_class, ops
from dockyard.wire.buildkit.notation import read
from dockyard.wire.buildkit.services import METHODS


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        (control.StatusRequest(Ref="r1"), b"\x0a\x02r1"),
        (control.SolveRequest(Ref="x", FrontendAttrs={"a": "b"}), b"\x0a\x01x\x3a\x06\x0a\x01a\x12\x01b"),
        (files.Packet(type=files.PacketType["DATA"], ID=3, data=b"zz"), b"\x08\x02\x18\x03\x22\x02zz"),
        (files.Stat(path=b"\xff", mode=0o644), b"\x0a\x01\xff\x10\xa4\x03"),
        (files.Stat(xattrs={"user.a": b"\0"}), b"\x52\x0b\x0a\x06user.a\x12\x01\x00"),
        (ops.Op(source=ops.SourceOp(identifier="i")), b"\x1a\x03\x0a\x01i"),
        (control.PruneRequest(all=True, keepDuration=-1), b"\x10\x01\x18" + b"\xff" * 9 + b"\x01"),
        (frontend.ReturnRequest(result=frontend.Result(ref=frontend.Ref(id="r"))), b"\x0a\x05\x1a\x03\x0a\x01r"),
    ],
)  # fmt: skip
def test_what_is_encoded(message, encoded):
    assert message.SerializeToString(deterministic=True) == encoded
    assert type(message).FromString(encoded) == message


def test_every_method_has_its_messages():
    for path, method in METHODS.items():
        assert path == method.path
        assert message_class(method.request).DESCRIPTOR.full_name == method.request
        assert message_class(method.response).DESCRIPTOR.full_name == method.response


def test_one_of_several_is_there_at_a_time():
    result = frontend.Result(ref=frontend.Ref(id="a"))
    result.refs.refs["linux/amd64"].id = "b"
    assert result.WhichOneof("one") == "refs"


def test_times_are_google_s_own():
    vertex = control.Vertex()
    vertex.started.FromNanoseconds(1_500_000_000)
    assert (vertex.started.seconds, vertex.started.nanos) == (1, 500_000_000)


def test_a_name_that_is_none_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"errdefs\.Nothing"):
        _ = errdefs.Nothing


def test_the_notation_is_read_into_descriptors():
    first, second = read(
        {"b": "Two: one 1 a.One, how 2 {int64 a.One}", "a": "Way = UP DOWN\nOne: way *1 Way, n ?2 bool"}, {}
    )
    assert (first.package, second.package, list(second.dependency)) == ("a", "b", ["a.dockyard"])
    way, number = first.message_type[0].field
    assert (way.type_name, way.label) == (".a.Way", FieldDescriptorProto.LABEL_REPEATED)
    assert (number.type, number.HasField("oneof_index")) == (FieldDescriptorProto.TYPE_BOOL, True)
    assert second.message_type[0].nested_type[0].field[0].type == FieldDescriptorProto.TYPE_INT64
