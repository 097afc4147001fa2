"""What a build tells its client, in the order in which it is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is shown as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Context and Dockerfile are there and can be read: from here on errors belong to the build."""


@dataclass(frozen=True, slots=True)
class ImageMade:
    """A stage has come to this image."""

    image_id: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """How the pull of a base image goes."""

    event: object


@dataclass(frozen=True, slots=True)
class Finished:
    """The build's image: the last message."""

    image_id: str


Message = Begun | Text | ImageMade | Pulled | Finished
