"""Control groups, version 1, 2 and hybrid, behind one contract.

`detect` finds what this machine has; the `Hierarchy` that it gives makes a `Cgroup` (see `contract`) for a path.
A controller is one file in `v1` or `v2`: how limits become file contents, how files become numbers.
"""

from dockyard.cgroups.contract import Cgroup, Entry, Hierarchy, OomWatch
from dockyard.cgroups.detect import detect, restored
from dockyard.cgroups.stats import Stats

__all__ = ["Cgroup", "Entry", "Hierarchy", "OomWatch", "Stats", "detect", "restored"]
