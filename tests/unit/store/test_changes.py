"""`--change`: each instruction's effect on a configuration, and Docker's words for what is wrong."""

import pytest

from dockyard.errors import InvalidParameter
from dockyard.spec.image import Healthcheck, ImageConfig
from dockyard.store.images.changes import apply_changes

BASE = ImageConfig(env=("PATH=/bin", "A=old"), working_dir="/srv")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ('CMD ["a", "b c"]', {"cmd": ("a", "b c")}),
        ("CMD a 'b c' $X", {"cmd": ("/bin/sh", "-c", "a 'b c' $X")}),
        ("cmd a", {"cmd": ("/bin/sh", "-c", "a")}),
        ('CMD [a, "b"]', {"cmd": ("/bin/sh", "-c", '[a, "b"]')}),
        ('ENTRYPOINT ["/x"]', {"entrypoint": ("/x",)}),
        ("ENV A=new", {"env": ("PATH=/bin", "A=new")}),
        ("ENV B=$A:${A}-x", {"env": ("PATH=/bin", "A=old", "B=old:old-x")}),
        ("ENV B='$A' C=\"$A y\"", {"env": ("PATH=/bin", "A=old", "B=$A", "C=old y")}),
        ("ENV B two words", {"env": ("PATH=/bin", "A=old", "B=two words")}),
        ("ENV B=${NONE:-default} C=${A:+set}", {"env": ("PATH=/bin", "A=old", "B=default", "C=set")}),
        ("ENV B=a\\ b", {"env": ("PATH=/bin", "A=old", "B=a b")}),
        ("EXPOSE 80 53/udp 1000-1002/TCP", {"exposed_ports": ("80/tcp", "53/udp", "1000/tcp", "1001/tcp", "1002/tcp")}),
        ('LABEL a=1 "b c"="d e"', {"labels": {"a": "1", "b c": "d e"}}),
        ("VOLUME /a /b", {"volumes": ("/a", "/b")}),
        ('VOLUME ["/a b"]', {"volumes": ("/a b",)}),
        ("USER www:www", {"user": "www:www"}),
        ("WORKDIR /x", {"working_dir": "/x"}),
        ("WORKDIR y/../z", {"working_dir": "/srv/z"}),
        ("STOPSIGNAL SIGINT", {"stop_signal": "SIGINT"}),
        ("ONBUILD RUN make", {"on_build": ("RUN make",)}),
        ("HEALTHCHECK NONE", {"healthcheck": Healthcheck(("NONE",))}),
        (
            "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=2 CMD curl -f localhost",
            {"healthcheck": Healthcheck(("CMD-SHELL", "curl -f localhost"), 90 * 10**9, 5 * 10**8, retries=2)},
        ),
        ('HEALTHCHECK CMD ["x"]', {"healthcheck": Healthcheck(("CMD", "x"))}),
        ("# a comment", {}),
    ],
)
def test_changes(change: str, expected: dict[str, object]) -> None:
    assert apply_changes(BASE, [change]) == BASE._replace(**expected)  # type: ignore[arg-type]


def test_several_changes_go_one_after_another() -> None:
    changed = apply_changes(BASE, ["ENV A=1", "ENV B=$A\nUSER \\\n u"])
    assert changed.env == ("PATH=/bin", "A=1", "B=1")
    assert changed.user == "u"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("RUN make", "RUN is not a valid change command"),
        ("COPY a b", "COPY is not a valid change command"),
        ("nonsense", "NONSENSE is not a valid change command"),
        ("CMD", "CMD requires at least one argument"),
        ("ENV A", "ENV must have two arguments"),
        ("ENV A=1 B", 'Syntax error - can\'t find = in "B". Must be of the form: name=value'),
        ("ENV =1", "ENV names can not be blank"),
        ("ENV A='x", "unexpected end of statement while looking for matching single-quote"),
        ("EXPOSE x", "invalid containerPort: x"),
        ("EXPOSE 70000", "invalid containerPort: 70000"),
        ("EXPOSE 80/icmp", "invalid proto: icmp"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("HEALTHCHECK x", 'Unknown type "X" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK --interval=x CMD y", 'time: invalid duration "x"'),
        ("HEALTHCHECK --nope=1 CMD y", "unknown flag: nope"),
    ],
)
def test_bad_changes(change: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        apply_changes(BASE, [change])
    assert str(raised.value) == message
