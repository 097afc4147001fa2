"""The lines that are blamed. The expected texts are what BuildKit's client prints of the same."""

import pytest

from dockyard.client.build.failure import excerpt, failed
from dockyard.client.build.progress import Source
from dockyard.wire.buildkit.messages import well_known

DATA = b"FROM busybox as x\nRUN echo ho; echo hu; exit 3\nRUN true\n"


def source(first, last):
    return Source("Dockerfile", DATA, (((first, 0), (last, 0)),))


def test_lines_around_the_one_that_failed():
    assert excerpt(source(2, 2)) == (
        "Dockerfile:2\n"
        "--------------------\n"
        "   1 |     FROM busybox as x\n"
        "   2 | >>> RUN echo ho; echo hu; exit 3\n"
        "   3 |     RUN true\n"
        "   4 |     \n"
        "--------------------\n"
    )


def test_of_a_long_file_only_the_neighbourhood():
    data = "\n".join(f"line {number}" for number in range(1, 30)).encode()
    lines = excerpt(Source("f", data, (((10, 0), (11, 0)),))).split("\n")
    assert lines[2:-2] == ["   9 |     line 9", "  10 | >>> line 10", "  11 | >>> line 11", "  12 |     line 12"]


@pytest.mark.parametrize("found", [source(0, 0), source(9, 9), Source("f", b"", ())])
def test_places_that_are_not_there(found):
    assert excerpt(found) == ""


def test_details_of_errors():
    place = b'{"start": {"line": 1}, "end": {"line": 1}}'
    good = b'{"info": {"filename": "D", "data": "RlJPTSBh"}, "ranges": [%b]}' % place
    bad = (b"", b"[]", b"{", b'{"info": 7}', b'{"info": {"data": "~"}}', b'{"info": {}, "ranges": 3}', b"[" * 9999)
    url = "github.com/moby/buildkit/errdefs.Source+json"
    details = [well_known.Any(type_url=url, value=value) for value in (*bad, good)]
    error = failed("gone", [*details, well_known.Any(type_url="other", value=b"x")])
    assert str(error) == error.message == "gone"
    assert [one.data for one in error.sources if one.data] == [b"FROM a"]
