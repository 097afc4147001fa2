"""A case as the planner takes it, on an image busybox that isn't there."""

from dockyard.builder.dockerfile.ignore import read_patterns
from dockyard.builder.plan import BaseImage, BuildOptions
from dockyard.errors import NotFound
from dockyard.spec.image.config import Image, ImageConfig
from dockyard.spec.image.descriptor import Platform
from tests.support.dockerfiles.cases import Case

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BUSYBOX = Image(architecture="amd64", os="linux", config=ImageConfig(env=(PATH,), cmd=("sh",)))


class Images:
    """See BaseImages: only busybox is here."""

    async def find(self, reference: str, platform: Platform | None) -> BaseImage:
        """See BaseImages."""
        del platform
        if reference.partition(":")[0] == "busybox":
            return BaseImage("sha256:0", BUSYBOX, "sha256:1")
        raise NotFound(f"No such image: {reference}")


def options_of(case: Case) -> BuildOptions:
    """What the client's arguments of a case mean, for BuildKit."""
    arguments: dict[str, str | None] = {}
    labels: dict[str, str] = {}
    target, platform = "", None
    for argument in case.arguments:
        name, _, value = argument.partition("=")
        key, equals, text = value.partition("=")
        if name == "--build-arg" and equals:
            arguments[key] = text
        elif name == "--label":
            labels[key] = text
        elif name == "--target":
            target = value
        elif name == "--platform":
            platform = Platform("amd64", "linux")
    ignored = tuple(read_patterns(case.files.get(".dockerignore", "")))
    return BuildOptions(arguments, labels, target, network="none", platform=platform, style="buildkit", ignored=ignored)
