"""`dockyard oci unpack IMAGE-ARCHIVE DIRECTORY`: a runtime bundle of an image, without a daemon.

The image stands in an archive of `docker save`, or in an OCI layout, as a tar or a directory. The bundle has its files
in rootfs/ and a config.json that any OCI runtime runs (https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md).
"""

from __future__ import annotations

import os

from dockyard.cli.command import Command
from dockyard.cli.flags.kinds import STRING
from dockyard.cli.flags.spec import Flag, Parsed
from dockyard.cli.session import Session
from dockyard.cli.system.architecture import go_architecture


def run(session: Session, options: Parsed) -> int:
    """Makes the bundle, in a directory that doesn't exist yet, and prints where it is."""
    from dockyard.spec.image.descriptor import Platform
    from dockyard.store.archive.bundle import unpack_bundle

    source, directory = options.arguments
    platform = Platform(architecture=go_architecture(os.uname().machine), os="linux")
    unpack_bundle(source, directory, name=options["image"] or "", platform=platform)
    session.line(os.path.abspath(directory))
    return 0


COMMAND = Command(
    "[OPTIONS] IMAGE-ARCHIVE DIRECTORY",
    "Make a runtime bundle (config.json, rootfs) of an image archive",
    run,
    flags=(Flag("image", "", STRING, "Name of the image, where the archive has several"),),
    least=2,
    most=2,
)
