"""Which driver a container has."""

from dockyard.cgroups.contract import Hierarchy
from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.external_runtime import ExternalDriver
from dockyard.shim.messages import CreateRequest
from dockyard.shim.own_runtime import OwnDriver


def driver_of(request: CreateRequest, directory: ShimDirectory, hierarchy: Hierarchy) -> Driver:
    """The external runtime that `request` names, else our own."""
    if request.runtime is not None:
        return ExternalDriver(request.runtime, directory, request.container_id, hierarchy)
    return OwnDriver(directory, request.container_id, hierarchy, f"{directory.exec_root}/seccomp")
