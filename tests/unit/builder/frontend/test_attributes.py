"""Attributes of the frontend: all that clients send, and what is refused."""

import pytest

from dockyard.builder.frontend.attributes import CacheSource, parse_attributes
from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform


def test_what_buildx_sends():
    found = parse_attributes(
        {
            "build-arg:A": "1", "label:l": "2", "context:src": "local:src", "target": "t", "filename": "D",
            "platform": "linux/amd64,linux/arm64", "no-cache": "one,two", "add-hosts": "a=1.2.3.4,B=::1",
            "ulimit": "nofile=1:2,core=3", "shm-size": "64", "cgroup-parent": "/p", "force-network-mode": "none",
            "image-resolve-mode": "local", "hostname": "h", "requestid": "frontend.lint", "cpusetcpus": "0-1",
            "memory": "5", "cache-imports": '[{"Type": "local", "Attrs": {"src": "x"}}]', "cache-from": "r/a",
            "vcs:source": "x", "frontend.caps": "y", "local-sessionid:context": "z",
        }
    )  # fmt: skip
    assert (found.arguments, found.labels, found.contexts) == ({"A": "1"}, {"l": "2"}, {"src": "local:src"})
    assert found.platforms == (Platform("amd64", "linux"), Platform("arm64", "linux"))
    assert found.multi
    assert found.no_cache == ("one", "two")
    assert found.sandbox.hosts == ("a:1.2.3.4", "b:::1")
    assert found.sandbox.ulimits == (("nofile", 1, 2), ("core", 3, 3))
    assert (found.sandbox.shm_bytes, found.sandbox.hostname) == (64, "h")
    assert (found.network, found.request) == ("none", "frontend.lint")
    assert found.limits == {"memory": 5, "cpuset_cpus": "0-1"}
    assert found.cache_sources == (CacheSource("local", {"src": "x"}), CacheSource("registry", {"ref": "r/a"}))


@pytest.mark.parametrize(("given", "no_cache"), [({}, None), ({"no-cache": ""}, ())])
def test_no_cache_is_for_all_or_for_some(given, no_cache):
    assert parse_attributes(given).no_cache == no_cache


def test_the_main_context_has_the_name_that_is_chosen():
    found = parse_attributes({"contextkey": "main", "main": "https://x/y.git", "dockerfilekey": "d"})
    assert (found.context, found.context_name, found.dockerfile_name) == ("https://x/y.git", "main", "d")
    assert found.dockerfile_apart


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"nonsense": "1"}, 'attribute "nonsense" is not supported'),
        ({"image-resolve-mode": "x"}, "invalid image-resolve-mode: x"),
        ({"force-network-mode": "bridge"}, "invalid netmode bridge"),
        ({"add-hosts": "a"}, "invalid key-value pair a"),
        ({"add-hosts": "a=b"}, "failed to parse IP b"),
        ({"ulimit": "nofile"}, "invalid ulimit argument: nofile"),
        ({"shm-size": "big"}, 'parsing "big": invalid syntax'),
        ({"memory": "-1"}, "must be > 0"),
        ({"multi-platform": "maybe"}, "invalid boolean value for multi-platform: maybe"),
        ({"multi-platform": "false", "platform": "linux/amd64,linux/arm64"}, "conflicting config"),
        ({"cache-imports": "{"}, "failed to unmarshal cache-imports"),
        ({"build-arg:BUILDKIT_SYNTAX": "me/frontend:1"}, "frontend me/frontend:1 can't be run"),
    ],
)
def test_what_is_refused(given, words):
    with pytest.raises(InvalidParameter) as caught:
        parse_attributes(given)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", "docker/dockerfile"])
def test_the_language_s_own_frontend_is_built_in(name):
    assert parse_attributes({"build-arg:BUILDKIT_SYNTAX": name}).arguments["BUILDKIT_SYNTAX"] == name
