"""An image's configuration: the JSON whose digest is the image id.

oci image-spec v1.1, config.md; Docker's extensions of it (Healthcheck, OnBuild, Shell, …): Docker image specification
v1.3. Only what is written anew goes through these values: the bytes of an image that came from elsewhere are kept as
they are.
"""

from typing import Any, NamedTuple

from dockyard.errors import InvalidParameter
from dockyard.spec.image.fields import (
    Json,
    boolean,
    expect_object,
    integer,
    items,
    names,
    string_map,
    strings,
    text,
    without_empty,
)


class Healthcheck(NamedTuple):
    """HEALTHCHECK: times in nanoseconds."""

    test: tuple[str, ...] = ()
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0


class ImageConfig(NamedTuple):
    """What a container of the image starts with."""

    user: str = ""
    exposed_ports: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: tuple[str, ...] = ()
    working_dir: str = ""
    labels: dict[str, str] = {}  # noqa: RUF012  never changed
    stop_signal: str = ""
    stop_timeout: int | None = None
    healthcheck: Healthcheck | None = None
    on_build: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    args_escaped: bool = False


class RootFS(NamedTuple):
    """The image's layers by diff id, lowest first."""

    diff_ids: tuple[str, ...] = ()
    type: str = "layers"


class History(NamedTuple):
    """One step of how the image was made; `empty_layer` ones have no layer."""

    created: str = ""
    author: str = ""
    created_by: str = ""
    comment: str = ""
    empty_layer: bool = False


class Image(NamedTuple):
    """A whole configuration. Times are RFC 3339 text, as they stood."""

    architecture: str = ""
    os: str = ""
    variant: str = ""
    os_version: str = ""
    created: str = ""
    author: str = ""
    comment: str = ""
    docker_version: str = ""
    container: str = ""
    container_config: Json | None = None
    """Of the container that was committed, in the Engine API's form; Docker keeps it, the OCI formats don't know it."""
    config: ImageConfig = ImageConfig()
    rootfs: RootFS = RootFS()
    history: tuple[History, ...] = ()


def image_from_json(value: Any) -> Image:
    """A configuration. Raises InvalidParameter naming the field; without rootfs, in Docker's words."""
    obj = expect_object(value, "image configuration")
    if obj.get("rootfs") is None:
        raise InvalidParameter("invalid image JSON, no RootFS key")
    rootfs = expect_object(obj["rootfs"], "rootfs")
    config = obj.get("config")
    return Image(
        architecture=text(obj, "architecture"),
        os=text(obj, "os"),
        variant=text(obj, "variant"),
        os_version=text(obj, "os.version"),
        created=text(obj, "created"),
        author=text(obj, "author"),
        comment=text(obj, "comment"),
        docker_version=text(obj, "docker_version"),
        container=text(obj, "container"),
        container_config=obj["container_config"] if isinstance(obj.get("container_config"), dict) else None,
        config=ImageConfig() if config is None else config_from_json(expect_object(config, "config")),
        rootfs=RootFS(strings(rootfs, "diff_ids", "rootfs."), text(rootfs, "type", "rootfs.") or "layers"),
        history=items(obj, "history", _history),
    )


def config_from_json(obj: Json) -> ImageConfig:
    """The `config` part."""
    where = "config."
    check = obj.get("Healthcheck")
    return ImageConfig(
        user=text(obj, "User", where),
        exposed_ports=names(obj, "ExposedPorts", where),
        env=strings(obj, "Env", where),
        entrypoint=None if obj.get("Entrypoint") is None else strings(obj, "Entrypoint", where),
        cmd=None if obj.get("Cmd") is None else strings(obj, "Cmd", where),
        volumes=names(obj, "Volumes", where),
        working_dir=text(obj, "WorkingDir", where),
        labels=string_map(obj, "Labels", where),
        stop_signal=text(obj, "StopSignal", where),
        stop_timeout=None if obj.get("StopTimeout") is None else integer(obj, "StopTimeout", where),
        healthcheck=None if check is None else _healthcheck(expect_object(check, f"{where}Healthcheck")),
        on_build=strings(obj, "OnBuild", where),
        shell=strings(obj, "Shell", where),
        args_escaped=boolean(obj, "ArgsEscaped", where),
    )


def image_to_json(image: Image) -> Json:
    """The configuration as JSON, keys in the order in which Docker writes them."""
    obj = without_empty(
        {
            "architecture": image.architecture,
            "variant": image.variant,
            "author": image.author,
            "comment": image.comment,
            "container": image.container,
        }
    )
    if image.container_config is not None:
        obj["container_config"] = image.container_config
    obj["config"] = config_to_json(image.config)
    obj |= without_empty({"created": image.created, "docker_version": image.docker_version})
    obj["history"] = [
        without_empty(
            {
                "created": step.created,
                "created_by": step.created_by,
                "author": step.author,
                "comment": step.comment,
                "empty_layer": step.empty_layer,
            }
        )
        for step in image.history
    ]
    obj["os"] = image.os
    obj |= without_empty({"os.version": image.os_version})
    obj["rootfs"] = {"type": image.rootfs.type, "diff_ids": list(image.rootfs.diff_ids)}
    return obj


def config_to_json(config: ImageConfig) -> Json:
    """The `config` part as JSON. Cmd and Entrypoint are null when unset, which is not the same as empty."""
    check = config.healthcheck
    return without_empty(
        {
            "User": config.user,
            "ExposedPorts": {port: {} for port in config.exposed_ports},
            "Env": list(config.env),
        }
    ) | {
        **({} if config.cmd is None else {"Cmd": list(config.cmd)}),
        **({} if config.entrypoint is None else {"Entrypoint": list(config.entrypoint)}),
        **without_empty(
            {
                "Healthcheck": check
                and without_empty(
                    {
                        "Test": list(check.test),
                        "Interval": check.interval,
                        "Timeout": check.timeout,
                        "StartPeriod": check.start_period,
                        "StartInterval": check.start_interval,
                        "Retries": check.retries,
                    }
                ),
                "ArgsEscaped": config.args_escaped,
                "Volumes": {path: {} for path in config.volumes},
                "WorkingDir": config.working_dir,
                "OnBuild": list(config.on_build),
                "Labels": config.labels,
                "StopSignal": config.stop_signal,
                "Shell": list(config.shell),
            }
        ),
        **({} if config.stop_timeout is None else {"StopTimeout": config.stop_timeout}),
    }


def _healthcheck(obj: Json) -> Healthcheck:
    where = "config.Healthcheck."
    return Healthcheck(
        strings(obj, "Test", where),
        integer(obj, "Interval", where),
        integer(obj, "Timeout", where),
        integer(obj, "StartPeriod", where),
        integer(obj, "StartInterval", where),
        integer(obj, "Retries", where),
    )


def _history(obj: Json) -> History:
    return History(
        text(obj, "created", "history."),
        text(obj, "author", "history."),
        text(obj, "created_by", "history."),
        text(obj, "comment", "history."),
        boolean(obj, "empty_layer", "history."),
    )
