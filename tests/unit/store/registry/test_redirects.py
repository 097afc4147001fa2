"""What says who we are, on the way of redirects: only to who asked for it, and never in the clear after TLS."""

from types import SimpleNamespace
from typing import Any

import pytest

from dockyard.store.distribution.registry.hosts import Host
from dockyard.store.distribution.registry.proxies import Proxies
from dockyard.store.distribution.registry.transport import Transport

START = "https://registry.test/v2/app/blobs/x"


class Scripted(Transport):
    """Answers with redirects to `targets`, then 200; notes the headers of each request."""

    def __init__(self, *targets: str) -> None:
        super().__init__(Proxies, "test")
        self.targets = list(targets)
        self.seen: list[tuple[str, bool]] = []
        self.keys: list[bool] = []

    async def _once(self, _method: str, url: str, _host: Host, headers: Any, _body: Any) -> Any:
        self.seen.append((url, "Authorization" in headers))
        self.keys.append("X-Api-Key" in headers)
        location = {"Location": self.targets.pop(0)} if self.targets else {}
        return SimpleNamespace(status=307 if location else 200, headers=location, release=lambda: None)


@pytest.mark.parametrize(
    ("targets", "shown_to"),
    [
        (["/elsewhere"], [True, True]),
        (["https://registry.test:8443/x"], [True, False]),
        (["https://store.test/x", START], [True, False, False]),
        (["http://registry.test/x"], [True, False]),
        (["http://registry.test/x", START], [True, False, False]),
    ],
)
async def test_who_sees_the_credentials(targets: list[str], shown_to: list[bool]) -> None:
    transport = Scripted(*targets)
    host = Host("https://registry.test", headers=(("X-Api-Key", "secret"),))
    await transport.open("GET", START, host, {"Authorization": "Bearer secret"})
    assert [shown for _, shown in transport.seen] == transport.keys == shown_to


async def test_headers_of_a_registry_do_not_go_to_who_gives_tokens_for_it() -> None:
    transport = Scripted()
    await transport.open(
        "GET", "https://tokens.test/", Host("https://registry.test", headers=(("X-Api-Key", "secret"),))
    )
    assert transport.keys == [False]
