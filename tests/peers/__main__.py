"""`python -m tests.peers [NAME…]`: fetch peers ahead of the tests that need them."""

import argparse
from collections.abc import Callable
from functools import partial

from tests.peers.catalogue import PEERS
from tests.peers.debian import services_image
from tests.peers.fetch import fetch, why_not
from tests.peers.packages import NPM_PEERS, PYTHON_PEERS, npm_peer, python_peer

FETCHERS: dict[str, Callable[[], object]] = {
    **{name: partial(fetch, name) for name in PEERS},
    # PyPI's node is only for machines without one, and then fetched along with what needs it
    **{name: partial(python_peer, name) for name in PYTHON_PEERS if name != "node"},
    **{name: partial(npm_peer, name) for name in NPM_PEERS},
    "services": services_image,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="script/peers", description="Fetch the programs that tests and benchmarks compare with."
    )
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"which (default: all): {', '.join(FETCHERS)}")
    chosen = parser.parse_args().peers or list(FETCHERS)
    unknown = sorted(set(chosen) - set(FETCHERS))
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}")
    for name in chosen:
        if name in PEERS and (reason := why_not(name)):
            print(f"{name}: left out: {reason}", flush=True)
            continue
        print(f"{name}: {FETCHERS[name]()}", flush=True)


main()
