"""Which driver a container has."""

from dockyard.shim.directory import ShimDirectory
from dockyard.shim.driver import Driver
from dockyard.shim.external_runtime import ExternalDriver
from dockyard.shim.messages import CreateRequest
from dockyard.shim.own_runtime import OwnDriver
from dockyard.shim.place import Place


def driver_of(request: CreateRequest, directory: ShimDirectory, place: Place) -> Driver:
    """The external runtime that `request` names, else our own."""
    if request.runtime is not None:
        return ExternalDriver(request.runtime, directory, request.container_id, place.hierarchy, place.oom_score)
    return OwnDriver(
        directory, request.container_id, place.hierarchy, f"{directory.exec_root}/seccomp", place.oom_score
    )
