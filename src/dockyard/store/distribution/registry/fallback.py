"""One host after the other: mirrors, the registry itself, and where that is allowed, the same without TLS."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from dockyard.store.distribution.registry.client import RegistryClient
from dockyard.store.distribution.registry.failures import RegistryFailure, Unreachable
from dockyard.store.distribution.registry.hosts import Host

Result = TypeVar("Result")


async def from_hosts(client: RegistryClient, hosts: Sequence[Host], ask: Callable[[Host], Awaitable[Result]]) -> Result:
    """What `ask` returns for the first host (of at least one) that can answer; else its last failure.

    A mirror may fail in any way. The registry's own no is final; only where its certificate needn't hold is an
    unreachable one asked without TLS.
    """
    failure: RegistryFailure | None = None
    for host in hosts:
        try:
            result = await ask(host)
        except RegistryFailure as error:
            failure = error
            if host.own and (host.verify or not isinstance(error, Unreachable) or error.spoke_tls):
                break
            continue
        if host.own and host.url.startswith("http:"):
            client.remember_plain(host)
        return result
    assert failure is not None
    raise failure
