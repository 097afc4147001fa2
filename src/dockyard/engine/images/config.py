"""Between an image's configuration (`spec.image`) and a container's (`engine.containers.config`)."""

from dockyard.engine.containers.config import Config, HealthConfig
from dockyard.spec.image.config import Healthcheck, ImageConfig


def container_config(image: ImageConfig) -> Config:
    """What a container inherits from its image."""
    check = image.healthcheck
    return Config(
        user=image.user,
        exposed_ports={port: {} for port in image.exposed_ports} or None,
        env=image.env or None,
        cmd=image.cmd,
        healthcheck=HealthConfig(**check._asdict()) if check else None,
        args_escaped=image.args_escaped,
        volumes={path: {} for path in image.volumes} or None,
        working_dir=image.working_dir,
        entrypoint=image.entrypoint,
        on_build=image.on_build or None,
        labels=dict(image.labels) or None,
        stop_signal=image.stop_signal,
        stop_timeout=image.stop_timeout,
        shell=image.shell or None,
    )


def image_config(config: Config) -> ImageConfig:
    """What an image keeps of a container's configuration when it is committed."""
    check = config.healthcheck
    return ImageConfig(
        user=config.user,
        exposed_ports=tuple(config.exposed_ports or ()),
        env=config.env or (),
        entrypoint=config.entrypoint,
        cmd=config.cmd,
        volumes=tuple(config.volumes or ()),
        working_dir=config.working_dir,
        labels=dict(config.labels or {}),
        stop_signal=config.stop_signal,
        stop_timeout=config.stop_timeout,
        healthcheck=Healthcheck(
            check.test or (), check.interval, check.timeout, check.start_period, check.start_interval, check.retries
        )
        if check
        else None,
        on_build=config.on_build or (),
        shell=config.shell or (),
        args_escaped=config.args_escaped,
    )
