"""Names of fields and of JSON keys."""

from typing import Final

IRREGULAR: Final = {
    "block_io": "blockIO",
    "class_": "class",
    "class_id": "classID",
    "clos_id": "closID",
    "container_id": "containerID",
    "disable_oom_killer": "disableOOMKiller",
    "enable_cmt": "enableCMT",
    "enable_mbm": "enableMBM",
    "exec_cpu_affinity": "execCPUAffinity",
    "host_id": "hostID",
    "kernel_tcp": "kernelTCP",
    "throttle_read_iops_device": "throttleReadIOPSDevice",
    "throttle_write_iops_device": "throttleWriteIOPSDevice",
}
"""Keys with capitals that aren't simply those of the words."""


def json_key(field: str) -> str:
    """The JSON key of the field `field`: `oci_version` is `ociVersion`, `host_id` is `hostID`."""
    if (irregular := IRREGULAR.get(field)) is not None:
        return irregular
    first, *others = field.split("_")
    return first + "".join(word.capitalize() for word in others)
