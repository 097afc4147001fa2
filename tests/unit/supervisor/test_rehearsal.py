"""The rehearsal of a start: it goes through, and leaves nothing behind."""

import dis
import os
import sys

import pytest

from dockyard.runtime import validate
from dockyard.supervisor import rehearsal


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_it_goes_to_its_end_and_leaves_no_descriptors():
    before = descriptors()
    rehearsal._create()
    rehearsal._execute()
    assert descriptors() == before


@pytest.mark.skipif(sys.implementation.name != "cpython" or sys.version_info[:2] < (3, 11), reason="PEP 659")
def test_python_has_learnt_from_it():
    rehearsal.rehearse()
    names = {each.opname for each in dis.get_instructions(validate.specification, adaptive=True)}
    assert any("_GLOBAL_" in name and "ADAPTIVE" not in name for name in names), names


def test_an_error_is_no_error_of_a_container(monkeypatch):
    def fail() -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(rehearsal, "_create", fail)
    rehearsal.rehearse()
