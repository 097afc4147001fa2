"""Ids of containers, execs, endpoints, and the names that containers get when their user gives none.

An id is 64 hex digits of 32 random bytes. Its first twelve are the short id, which is also the container's default
host name; so, as in Docker, an id whose first twelve digits are all decimal is not used: it would read as a number.
"""

import os
import random
import re

NAME_PATTERN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
"""What Docker allows as a container's name (Engine API: POST /containers/create, name)."""

ADJECTIVES = (
    "able", "amber", "ample", "bold", "brave", "brisk", "calm", "candid", "clear", "clever", "cosmic", "crisp",
    "curious", "daring", "deft", "eager", "early", "easy", "fair", "fine", "firm", "fond", "frank", "fresh", "gentle",
    "glad", "golden", "grand", "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "lively", "loyal",
    "lucid", "merry", "modest", "neat", "nimble", "noble", "patient", "placid", "plucky", "polite", "proud", "quick",
    "quiet", "ready", "robust", "serene", "sharp", "silver", "smart", "snug", "sound", "steady", "stout", "sunny",
    "swift", "tidy", "trusty", "upbeat", "vivid", "warm", "wise", "witty", "zesty",
)  # fmt: skip
SURNAMES = (
    "abel", "ampere", "babbage", "banach", "bell", "bohr", "boole", "borg", "bose", "brahe", "cantor", "carson",
    "cauchy", "cerf", "church", "clarke", "codd", "conway", "cray", "curie", "dalton", "darwin", "dijkstra", "dirac",
    "edison", "engelbart", "erdos", "euler", "faraday", "fermat", "fermi", "feynman", "franklin", "galileo", "gauss",
    "germain", "goodall", "hamilton", "hawking", "hertz", "hilbert", "hopper", "huygens", "hypatia", "johnson",
    "joule", "kalam", "kepler", "knuth", "kowalevski", "lamarr", "lamport", "leibniz", "liskov", "lovelace", "maxwell",
    "mcclintock", "meitner", "mendel", "mirzakhani", "newton", "noether", "pascal", "pasteur", "perlman", "planck",
    "ramanujan", "ritchie", "shannon", "shockley", "tesla", "thompson", "turing", "volta", "wiles", "yalow",
)  # fmt: skip


def new_id() -> str:
    """A fresh id of 64 hex digits."""
    while True:
        candidate = os.urandom(32).hex()
        if not candidate[:12].isdecimal():
            return candidate


def random_name(taken: "set[str] | dict[str, str]") -> str:
    """A name like `keen_turing` that is not among `taken`; a digit is added when chance keeps hitting taken ones."""
    for _ in range(6):
        name = f"{random.choice(ADJECTIVES)}_{random.choice(SURNAMES)}"
        if name not in taken:
            return name
    while True:
        name = f"{random.choice(ADJECTIVES)}_{random.choice(SURNAMES)}{random.randrange(10_000)}"
        if name not in taken:
            return name
