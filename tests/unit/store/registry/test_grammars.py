"""The small grammars of registries: challenges, proxies, platforms, Retry-After, credentials, hosts."""

import base64
import ipaddress
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockyard.errors import InvalidParameter
from dockyard.spec.image.descriptor import Platform
from dockyard.spec.image.platform import fitting, parse_platform, platform_text, rank
from dockyard.store.distribution.registry.challenges import bearer_or_basic, parse_challenges
from dockyard.store.distribution.registry.credentials import ANONYMOUS, Credentials, credentials_from_header
from dockyard.store.distribution.registry.hosts import HostsConfig, is_insecure, plan_hosts
from dockyard.store.distribution.registry.hosts_toml import parse_hosts
from dockyard.store.distribution.registry.proxies import Proxies, hidden
from dockyard.store.distribution.registry.retry import delay_seconds, retry_after_seconds

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
            [("bearer", {"realm": "https://a/t", "service": "s", "scope": "repository:a/b:pull,push"})],
        ),
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ("Negotiate, Basic realm=x", [("negotiate", {}), ("basic", {"realm": "x"})]),
        ('Bearer REALM="a\\"b", error=invalid_token', [("bearer", {"realm": 'a"b', "error": "invalid_token"})]),
        ("", []),
        ('"', []),
    ],
)
def test_challenges(text: str, found: list[tuple[str, dict[str, str]]]) -> None:
    assert [(one.scheme, dict(one.parameters)) for one in parse_challenges([text])] == found


def test_bearer_comes_before_basic() -> None:
    both = parse_challenges(['Basic realm="x"', 'Bearer realm="https://r"'])
    assert bearer_or_basic(both) == both[1]
    assert bearer_or_basic(parse_challenges(['Basic realm="x", Bearer service="none"'])) == both[0]


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_challenge_is_read_or_passed_over(texts: list[str]) -> None:
    bearer_or_basic(parse_challenges(texts))


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxied"),
    [
        ("", "https://a.example/v2/", True),
        ("*", "https://a.example/", False),
        ("example", "https://a.example/", False),
        (".example", "https://example/", True),
        ("*.example", "https://a.example/", False),
        ("a.example:5000", "https://a.example/", True),
        ("a.example:5000", "https://a.example:5000/", False),
        ("10.0.0.0/8", "https://10.1.2.3/", False),
        ("10.1.2.3", "https://10.1.2.3:5000/", False),
        ("xa.example", "https://a.example/", True),
        ("[fd00::1]:5000", "https://[fd00::1]:5000/", False),
        ("", "https://localhost:5000/", False),
        ("", "https://127.1.2.3:5000/", False),
        ("", "https://[::1]:5000/", False),
    ],
)
def test_no_proxy(no_proxy: str, url: str, proxied: bool) -> None:
    proxies = Proxies("http://plain:1", "secure:2", no_proxy)
    assert proxies.proxy_for(url) == ("http://secure:2" if proxied else None)
    if "localhost" not in url and "127." not in url and "::1" not in url and not no_proxy:
        assert proxies.proxy_for(url.replace("https", "http")) == "http://plain:1"


def test_a_proxys_password_is_hidden() -> None:
    assert hidden("http://me:pass@p:1") == "http://xxxxx:xxxxx@p:1"
    assert hidden("p:1") == "p:1"
    with pytest.raises(InvalidParameter):
        Proxies(https="socks5://me:pass@p").proxy_for("https://x.example/")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", "linux/amd64"),
        ("x86_64", "unknown/amd64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/6", "linux/arm/v6"),
        ("Linux/AMD64/v2", "linux/amd64/v2"),
        ("armhf", "unknown/arm/v7"),
        ("linux", "linux"),
    ],
)
def test_platforms(text: str, platform: str) -> None:
    assert platform_text(parse_platform(text)) == platform


@pytest.mark.parametrize("text", ["", "a/b/c/d", "linux/", "/", "li nux"])
def test_bad_platforms(text: str) -> None:
    with pytest.raises(InvalidParameter, match="platform specifier"):
        parse_platform(text)


def test_older_processors_images_run_on_newer_ones() -> None:
    def order(text: str) -> list[str]:
        return [platform_text(one) for one in fitting(parse_platform(text))]

    assert order("linux/amd64") == ["linux/amd64", "linux/386"]
    assert order("linux/amd64/v3") == ["linux/amd64/v3", "linux/amd64/v2", "linux/amd64", "linux/386"]
    assert order("linux/arm/v7") == ["linux/arm/v7", "linux/arm/v6", "linux/arm/v5"]
    assert order("linux/arm64")[:3] == ["linux/arm64", "linux/arm/v8", "linux/arm/v7"]
    assert rank(Platform("arm", "linux", "7"), fitting(parse_platform("linux/arm64"))) == 2
    assert rank(Platform("unknown", "unknown"), fitting(parse_platform("linux/amd64"))) is None


def test_retry_after() -> None:
    assert retry_after_seconds("12", lambda: NOW) == 12
    assert retry_after_seconds("Fri, 02 Jan 2026 03:04:15 GMT", lambda: NOW) == 10
    assert retry_after_seconds("soon", lambda: NOW) is None
    assert [delay_seconds(n, "", lambda: NOW) for n in (1, 2, 3, 20)] == [0.5, 1, 2, 30]
    assert delay_seconds(1, "3600", lambda: NOW) is None


def test_credentials() -> None:
    def header(value: object) -> Credentials:
        return credentials_from_header(base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("="))

    assert header({"username": "me", "password": "it's"}) == Credentials("me", "it's")
    assert header({"identitytoken": "t"}) == Credentials(identity_token="t")
    assert header({"auth": base64.b64encode(b"me:a:b").decode()}) == Credentials("me", "a:b")
    for nobody in ({}, [], "x", {"username": 1}, {"auth": "?"}, {"username": "a\nb", "password": "c"}):
        assert header(nobody) == ANONYMOUS
    assert credentials_from_header("%%%") == credentials_from_header("") == ANONYMOUS
    for field in ("password", "username", "identitytoken", "registrytoken"):
        with pytest.raises(InvalidParameter):
            header({"username": "me", field: "\ud800"})
    assert "secret" not in repr(Credentials("me", "secret", "secret", "secret"))


def test_insecure_registries() -> None:
    config = HostsConfig(
        insecure_hosts=frozenset({"plain.example", "other:5000"}),
        insecure_networks=(ipaddress.ip_network("10.0.0.0/8"),),
    )
    for place in (
        "localhost",
        "localhost:5000",
        "127.9.9.9:1",
        "[::1]:5000",
        "PLAIN.example:99",
        "other:5000",
        "10.1.1.1",
    ):
        assert is_insecure(place, config), place
    for place in ("other:5001", "example", "11.0.0.1", "notlocalhost"):
        assert not is_insecure(place, config), place
    assert is_insecure("named.example", config, (ipaddress.ip_address("10.2.3.4"),))


def test_hosts_in_the_order_in_which_they_are_asked() -> None:
    config = HostsConfig({"docker.io": ("http://one:5000/", "https://two/"), "gcr.io": ("https://three/",)})

    def urls(domain: str, *insecure: str) -> list[str]:
        found = plan_hosts(domain, config, insecure=frozenset(insecure), authorities={}, identities={})
        return [host.base for host in found]

    assert urls("docker.io") == ["http://one:5000/v2", "https://two/v2", "https://registry-1.docker.io/v2"]
    assert urls("gcr.io") == ["https://three/v2", "https://gcr.io/v2"]
    assert urls("own:1", "own:1") == ["https://own:1/v2", "http://own:1/v2"]


def test_hosts_toml() -> None:
    text = """
    server = "https://registry-1.docker.io"
    [host."https://mirror.example"]
      capabilities = ["pull", "resolve"]
      ca = "ca.crt"
      client = [["a.cert", "a.key"]]
      [host."https://mirror.example".header]
        x-one = ["1", "2"]
    [host."http://whole.example/a/b"]
      override_path = true
      skip_verify = true
    """
    mirror, whole, own = parse_hosts(text, "/certs/docker.io", "docker.io")
    assert (mirror.base, mirror.verbs, mirror.own) == ("https://mirror.example/v2", {"pull", "resolve"}, False)
    assert mirror.authorities == ("/certs/docker.io/ca.crt",)
    assert mirror.identities == (("/certs/docker.io/a.cert", "/certs/docker.io/a.key"),)
    assert mirror.headers == (("x-one", "1"), ("x-one", "2"))
    assert mirror.namespace == "docker.io"
    assert (whole.base, whole.verify) == ("http://whole.example/a/b", False)
    assert (own.base, own.own, own.namespace) == ("https://registry-1.docker.io/v2", True, "")


@pytest.mark.parametrize(
    "text",
    ["[", "nosuch = 1", '[host."ftp://x"]', '[host."https://x"]\ncapabilities = ["fly"]', '[host."https://x"]\nca = 1'],
)
def test_bad_hosts_toml(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"hosts\.toml"):
        parse_hosts(text, "/certs/x", "x")
