"""`RUN --device=vendor.com/class=name[,required]`: parsed. Dockerfile reference, "RUN --device"."""

from dataclasses import dataclass

from dockyard.builder.dockerfile.csv_fields import csv_fields
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.builder.dockerfile.truth import TRUTH

_KEYS = ("name", "required")


@dataclass(frozen=True, slots=True)
class DeviceFlag:
    """One `--device`: a CDI device, a class or a vendor; `required`: without it the step fails."""

    name: str
    required: bool = False


def parse_device(text: str) -> DeviceFlag:
    """The device that `text` describes. Raises DockerfileError in BuildKit's words."""
    name, required = "", False
    for number, field in enumerate(csv_fields(text, "devices")):
        key, equals, value = field.partition("=")
        lower = key.lower()
        if lower == "required" and (not equals or value in TRUTH):
            required = TRUTH[value] if equals else True
        elif lower == "required":
            raise DockerfileError(f"invalid value for {lower}: {value}")
        elif lower == "name" and equals:
            name = value
        elif number == 0 and (not equals or "/" in key):  # `vendor.com/class=name` has a sign of its own
            name = field
        elif equals:
            raise DockerfileError(f"unexpected key '{lower}' in '{field}'{suggestion(lower, _KEYS)}")
        else:
            raise DockerfileError(f"invalid field '{field}' must be a key=value pair")
    return DeviceFlag(name, required)
