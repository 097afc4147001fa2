"""What flags say, as values; and what the frontend is told of them."""

import pytest

from dockyard.client.build.attributes import annotations_of, attributes_of, entitlements_of, frontend_of
from dockyard.client.build.outputs import IMAGE, exports_of
from dockyard.client.build.request import Agent, BuildRequest, Cache, Output, Secret
from dockyard.errors import DockyardError, InvalidParameter


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("id=a", Secret("a")),
        ("id=a,src=/f", Secret("a", "/f")),
        ("id=a,source=/f", Secret("a", "/f")),
        ("ID=a,env=E", Secret("a", env="E")),
        ("type=file,id=a,src=f", Secret("a", "f")),
        ("type=env,id=a,src=E", Secret("a", env="E")),
        ('id=a,"src=with,comma"', Secret("a", "with,comma")),
        ("src=/f=g,id=a", Secret("a", "/f=g")),
    ],
)
def test_secrets(text, secret):
    assert Secret.parse(text) == secret


@pytest.mark.parametrize("text", ["", "a", "src=f", "id=a,type=x", "id=a,uid=0", '"id=a'])
def test_secrets_that_are_none(text):
    with pytest.raises(InvalidParameter):
        Secret.parse(text)


def test_a_secret_is_not_shown():
    assert "geheim" not in repr(Secret("a", data=b"geheim"))


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("default", Agent()),
        ("", Agent()),
        ("x", Agent("x")),
        ("x=/run/s", Agent("x", ("/run/s",))),
        ("x=k1,k2", Agent("x", ("k1", "k2"))),
    ],
)
def test_agents(text, agent):
    assert Agent.parse(text) == agent


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("out", Output("local", "out")),
        ("-", Output("tar", "-")),
        ("type=tar,dest=x.tar", Output("tar", "x.tar")),
        ("type=image,name=a,push=true", Output("image", "", {"name": "a", "push": "true"})),
        ('type=image,"name=a,b"', Output("image", "", {"name": "a,b"})),
    ],
)
def test_outputs(text, output):
    assert Output.parse(text) == output


@pytest.mark.parametrize("text", ["dest=x", "type=local,x", "a,b"])
def test_outputs_that_are_none(text):
    with pytest.raises(InvalidParameter):
        Output.parse(text)


def test_caches():
    assert Cache.parse("a,b:c") == (Cache("registry", {"ref": "a"}), Cache("registry", {"ref": "b:c"}))
    assert Cache.parse("type=local,src=d") == (Cache("local", {"src": "d"}),)
    with pytest.raises(InvalidParameter):
        Cache.parse("src=d")


def test_exporters(tmp_path):
    (tmp_path / "file").touch()

    def types(*outputs, **more):
        return [
            (one.type, dict(one.attributes), one.push)
            for one in exports_of(BuildRequest(".", tags=("t:1", "u"), outputs=outputs, **more), lambda data: None)
        ]

    assert types() == [(IMAGE, {"name": "t:1,u"}, ())]
    assert types(Output("docker")) == [(IMAGE, {"name": "t:1,u"}, ())]
    assert types(Output("registry")) == [(IMAGE, {"name": "t:1,u", "push": "true"}, ("t:1", "u"))]
    assert types(Output("cacheonly")) == []
    assert types(call="check") == []
    assert types(Output("oci", "-"), annotations=("a=b", "index,manifest:c=d")) == [
        ("oci", {"name": "t:1,u", "annotation.a": "b", "annotation-index.c": "d", "annotation-manifest.c": "d"}, ())
    ]
    for wrong in (
        Output("local"),
        Output("local", "-"),
        Output("local", str(tmp_path / "file")),
        Output("tar", str(tmp_path)),
        Output("nonsense"),
        Output("image", "dest"),
        Output("oci", "", {"tar": "false"}),
        Output("image", "", {"push": "true", "push-by-digest": "true"}),
    ):
        with pytest.raises(DockyardError):
            types(wrong)
    with pytest.raises(InvalidParameter, match="console"):
        exports_of(BuildRequest(".", outputs=(Output("tar", "-"),)), None)
    with pytest.raises(InvalidParameter, match="tag is needed"):
        exports_of(BuildRequest(".", outputs=(Output("registry"),)))


def test_attributes():
    request = BuildRequest(
        ".", build_args={"A": "1"}, labels={"l": "2"}, target="t", platforms=("linux/amd64", "linux/arm64"), pull=True,
        no_cache_filter=("x", "y"), network="none", add_hosts=("h:1.2.3.4", "g=::1,[::2]", "k:host-gateway"),
        ulimits=("nofile=1:2",), shm_size=7, cgroup_parent="/c", attests={"sbom": ""}, call="check",
    )  # fmt: skip
    assert attributes_of(request, "10.0.0.1") == {
        "build-arg:A": "1", "label:l": "2", "target": "t", "platform": "linux/amd64,linux/arm64",
        "image-resolve-mode": "pull", "no-cache": "x,y", "force-network-mode": "none",
        "add-hosts": "h=1.2.3.4,g=::1,g=::2,k=10.0.0.1", "ulimit": "nofile=1:2", "shm-size": "7", "cgroup-parent": "/c",
        "attest:sbom": "", "requestid": "frontend.lint", "frontend.caps": "moby.buildkit.frontend.subrequests+forward",
    }  # fmt: skip
    assert attributes_of(BuildRequest(".", no_cache=True)) == {"image-resolve-mode": "local", "no-cache": ""}
    assert entitlements_of(BuildRequest(".", network="host", allow=("security.insecure",))) == [
        "security.insecure",
        "network.host",
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"network": "mine"},
        {"add_hosts": ("x",)},
        {"add_hosts": ("x:y",)},
        {"add_hosts": ("x:host-gateway",)},
        {"call": "dance"},
    ],
)
def test_attributes_that_cannot_be(more):
    with pytest.raises(InvalidParameter):
        attributes_of(BuildRequest(".", **more))


def test_another_frontend():
    assert frontend_of(BuildRequest(".")) == ("dockerfile.v0", {})
    assert frontend_of(BuildRequest(".", build_args={"BUILDKIT_SYNTAX": "a/b x"})) == (
        "gateway.v0",
        {"source": "a/b", "cmdline": "a/b x"},
    )
    with pytest.raises(InvalidParameter):
        frontend_of(BuildRequest(".", build_args={"BUILDKIT_SYNTAX": " "}))


@pytest.mark.parametrize("text", ["a", "nokind:a=b", "manifest[linux/amd64:a=b"])
def test_annotations_that_are_none(text):
    with pytest.raises(InvalidParameter):
        annotations_of(BuildRequest(".", annotations=(text,)))
