"""The registry of living endpoints."""

from dataclasses import replace

from dockyard.network.attachment import Attachment
from dockyard.network.endpoints import Change, Endpoints


def endpoint(number: int, network: str = "n1", sandbox: str = "s1") -> Attachment:
    return Attachment(
        container_id=f"c{number}",
        container_name=f"name{number}",
        sandbox_id=sandbox,
        endpoint_id=f"e{number}",
        network="front",
        network_id=network,
        driver="bridge",
    )


def test_found_by_network_and_sandbox_until_gone() -> None:
    endpoints = Endpoints()
    first, second = endpoint(1), endpoint(2, "n2")
    endpoints.put(first)
    endpoints.put(second)
    assert endpoints.all() == endpoints.of_sandbox("s1") == (first, second)
    assert endpoints.of_network("n2") == (second,)
    assert endpoints.discard("e1") == first
    assert endpoints.discard("e1") is None
    assert endpoints.of_network("n1") == ()
    assert endpoints.get("e2") == second
    endpoints.discard("e2")
    assert endpoints.sandboxes() == endpoints.all() == ()


def test_listeners_hear_what_came_changed_and_went() -> None:
    endpoints = Endpoints()
    heard: list[Change] = []
    endpoints.subscribe(heard.append)
    first = endpoint(1)
    renamed = replace(first, dns_names=("other",))
    endpoints.put(first)
    endpoints.put(renamed)
    endpoints.discard("e1")
    assert heard == [Change(None, first), Change(first, renamed), Change(renamed, None)]
    assert [change.endpoint for change in heard] == [first, renamed, renamed]
