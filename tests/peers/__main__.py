"""`python -m tests.peers [NAME…]`: fetch peers ahead of the tests that need them."""

import argparse

from tests.peers.catalogue import PEERS
from tests.peers.fetch import fetch


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="script/peers", description="Fetch the programs that tests and benchmarks compare with."
    )
    parser.add_argument("peers", nargs="*", metavar="PEER", help=f"which (default: all): {', '.join(PEERS)}")
    chosen = parser.parse_args().peers or list(PEERS)
    unknown = sorted(set(chosen) - set(PEERS))
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}")
    for name in chosen:
        print(f"{name}: {fetch(name)}", flush=True)


main()
