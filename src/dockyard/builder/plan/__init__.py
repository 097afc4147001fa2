"""From a Dockerfile to a graph. Pure: what must be asked of the outside (base images) is asked through `BaseImages`.

arguments.py   ARG: which values are visible where
outline.py     which stages there are, what each stands on, which are needed
state.py       a stage while it is planned: configuration, variables, the vertex so far
configure.py · commands.py · files.py    one function for each instruction
build.py       puts these together: `plan_build`
"""

from dockyard.builder.plan.build import BuildPlan, PlannedStage, check_build, plan_build
from dockyard.builder.plan.options import BaseImage, BaseImages, BuildOptions
from dockyard.builder.plan.outline import check_target
from dockyard.builder.plan.state import Step

__all__ = [
    "BaseImage",
    "BaseImages",
    "BuildOptions",
    "BuildPlan",
    "PlannedStage",
    "Step",
    "check_build",
    "check_target",
    "plan_build",
]
