"""The contract suite on both graph drivers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.graphdriver_suite import GraphDriverSuite
from tests.support.stores import graph_driver

from dockyard.store.graphdriver import GraphDriver

pytestmark = [pytest.mark.root, pytest.mark.row("F5")]


class TestOverlay2(GraphDriverSuite):
    @pytest.fixture
    def driver(self, tmp_path: Path) -> Iterator[GraphDriver]:
        yield graph_driver("overlay2", tmp_path)


class TestVfs(GraphDriverSuite):
    @pytest.fixture
    def driver(self, tmp_path: Path) -> Iterator[GraphDriver]:
        yield graph_driver("vfs", tmp_path)
