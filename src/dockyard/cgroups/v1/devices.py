"""Which devices may be opened and made, version 1: Documentation/admin-guide/cgroup-v1/devices.rst."""

from dockyard.cgroups.files import write_lines
from dockyard.spec.runtime import DeviceRule, Resources


def set_limits(directory: str, resources: Resources) -> None:
    """Write the rules in their order; the first one usually denies all. None leaves what is.

    Neighbouring rules of one kind share an open file, and a rule that an equal one follows is left out.
    """
    wanted = _without_repeats(resources.devices)
    start = 0
    for index in range(1, len(wanted) + 1):
        if index == len(wanted) or wanted[index].allow != wanted[start].allow:
            name = "devices.allow" if wanted[start].allow else "devices.deny"
            write_lines(directory, name, [line(rule) for rule in wanted[start:index]])
            start = index


def _without_repeats(rules: tuple[DeviceRule, ...]) -> list[DeviceRule]:
    """Of equal rules the last, because later ones win."""
    return list(dict.fromkeys(reversed(rules)))[::-1]


def line(rule: DeviceRule) -> str:
    """The rule as the kernel reads it: `c 1:3 rwm`, with `*` for any number."""
    major = "*" if rule.major is None or rule.major < 0 else rule.major
    minor = "*" if rule.minor is None or rule.minor < 0 else rule.minor
    return f"{rule.type or 'a'} {major}:{minor} {rule.access or 'rwm'}"
