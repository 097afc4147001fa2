"""Builds with the real client and the classic builder: a Dockerfile as text, a context as a dictionary of files."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.client import Docker, Result

Content = bytes | str
Context = Mapping[str, Content]


class Builder:
    """`build("FROM …", {"a": "text"}, "-t", "x")`: the image's id. Contexts are folders below `home`."""

    def __init__(self, docker: Docker, home: Path) -> None:
        self.docker = docker
        self.home = home
        self._count = 0

    def __call__(self, dockerfile: str, files: Context | None = None, *arguments: str) -> str:
        """The id of the image that a build, which must succeed, has made."""
        done = self.result(dockerfile, files, "-q", *arguments)
        assert done.code == 0, done.out + done.err
        return done.out.strip().split("\n")[-1]

    def log(self, dockerfile: str, files: Context | None = None, *arguments: str) -> str:
        """What a build, which must succeed, has told."""
        done = self.result(dockerfile, files, *arguments)
        assert done.code == 0, done.out + done.err
        return done.out

    def result(self, dockerfile: str, files: Context | None = None, *arguments: str) -> Result:
        """How a build ended."""
        context = self.context({**(files or {}), "Dockerfile": dockerfile})
        return self.docker.result("build", *arguments, str(context), timeout_seconds=110)

    def context(self, files: Context) -> Path:
        """A new folder with these files."""
        self._count += 1
        folder = self.home / f"context{self._count}"
        folder.mkdir()
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            os.utime(path, (1_700_000_000, 1_700_000_000))
        return folder

    def run(self, image: str, *command: str) -> str:
        """What `command` prints in a container of the image."""
        return self.docker("run", "--rm", "--network", "none", image, *command)

    def config(self, image: str) -> dict[str, Any]:
        """The image's configuration."""
        found: dict[str, Any] = self.docker.inspect(image, "--type", "image")["Config"]
        return found
