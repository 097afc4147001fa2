"""Every operation is found; names may contain what separates; nothing else is found."""

import pytest

from dockyard.api.routes import EXTENSIONS, ROUTES
from dockyard.server.docker.routing import Match, Router, Target, split_target

ROUTER = Router((*EXTENSIONS, *ROUTES))


def test_the_table_has_every_operation_once() -> None:
    assert len(ROUTES) == 108
    assert len({operation for _, _, operation in ROUTES}) == 108
    assert len({(method, path) for method, path, _ in ROUTES}) == 108


@pytest.mark.parametrize("route", [*ROUTES, *EXTENSIONS], ids=lambda route: route[2])
def test_every_operation_is_found(route: tuple[str, str, str]) -> None:
    method, template, operation = route
    for name in ("x1", "a/b:c", "localhost:5000/a/b@sha256:00"):
        path = template.replace("{id}", name).replace("{name}", name)
        assert ROUTER.find(method, path) == Match(operation, template, name if "{" in template else "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/containers"),
        ("GET", "/containers/json/"),
        ("GET", "/containers//json"),
        ("DELETE", "/containers/"),
        ("HEAD", "/info"),
        ("PATCH", "/info"),
        ("GET", "/nosuch"),
        ("GET", "/v1.47/info"),
    ],
)
def test_nothing_else_is_found(method: str, path: str) -> None:
    assert ROUTER.find(method, path) is None


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/info", Target("", "/info", "")),
        ("/v1.47/info?x=1&y", Target("1.47", "/info", "x=1&y")),
        ("/v1.47/images/a%2Fb%3Ac/json", Target("1.47", "/images/a/b:c/json", "")),
        ("/images/a/b?c=/d%20e", Target("", "/images/a/b", "c=/d%20e")),
        ("http://docker/v1.24/_ping", Target("1.24", "/_ping", "")),
        ("/version", Target("", "/version", "")),
        ("/v1x/info", Target("", "/v1x/info", "")),
        ("/v1.47", Target("", "/v1.47", "")),
        ("*", Target("", "/", "")),
    ],
)
def test_targets_are_taken_apart(target: str, parts: Target) -> None:
    assert split_target(target) == parts
