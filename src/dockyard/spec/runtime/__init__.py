"""OCI runtime-spec v1.2 as frozen values, with their JSON form.

`config` is the whole of `config.json`; `process`, `resources`, `seccomp`, `hooks` its large parts; `state` what the
runtime says of a container. `decode` and `encode` go from and to JSON.
"""

from dockyard.spec.runtime.config import (
    Device,
    IdMapping,
    IntelRdt,
    Linux,
    Mount,
    Namespace,
    Personality,
    Root,
    Spec,
    TimeOffset,
)
from dockyard.spec.runtime.decode import (
    process_from_json,
    resources_from_json,
    seccomp_from_json,
    spec_from_json,
)
from dockyard.spec.runtime.encode import to_json
from dockyard.spec.runtime.hooks import Hook, Hooks
from dockyard.spec.runtime.process import (
    Box,
    Capabilities,
    CpuAffinity,
    IoPriority,
    Process,
    Rlimit,
    Scheduler,
    User,
)
from dockyard.spec.runtime.resources import (
    BlockIo,
    Cpu,
    DeviceRule,
    HugepageLimit,
    InterfacePriority,
    Memory,
    Network,
    Pids,
    RdmaLimit,
    Resources,
    ThrottleDevice,
    WeightDevice,
)
from dockyard.spec.runtime.seccomp import Seccomp, Syscall, SyscallArg
from dockyard.spec.runtime.state import State

__all__ = [
    "BlockIo",
    "Box",
    "Capabilities",
    "Cpu",
    "CpuAffinity",
    "Device",
    "DeviceRule",
    "Hook",
    "Hooks",
    "HugepageLimit",
    "IdMapping",
    "IntelRdt",
    "InterfacePriority",
    "IoPriority",
    "Linux",
    "Memory",
    "Mount",
    "Namespace",
    "Network",
    "Personality",
    "Pids",
    "Process",
    "RdmaLimit",
    "Resources",
    "Rlimit",
    "Root",
    "Scheduler",
    "Seccomp",
    "Spec",
    "State",
    "Syscall",
    "SyscallArg",
    "ThrottleDevice",
    "TimeOffset",
    "User",
    "WeightDevice",
    "process_from_json",
    "resources_from_json",
    "seccomp_from_json",
    "spec_from_json",
    "to_json",
]
