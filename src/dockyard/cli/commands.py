"""Every verb of `dockyard` by name, with the module that has it and the line that `--help` shows for it.

`dockyard ps` and `dockyard container ls` are one module. A verb of Docker that Dockyard doesn't have yet stands in
NOT_YET, so that it is answered by name.
"""

from __future__ import annotations

CONTAINER = {
    "attach": ("container.attach", "Connect the terminal to a running container"),
    "commit": ("container.commit", "Make an image of what a container changed"),
    "cp": ("container.cp", "Copy files between a container and this machine"),
    "create": ("container.create", "Make a container"),
    "diff": ("container.diff", "List what a container changed in its files"),
    "exec": ("container.exec", "Run a command in a running container"),
    "export": ("container.export", "Write a container's files as a tar archive"),
    "inspect": ("container.inspect", "Show all that is known of containers"),
    "kill": ("container.kill", "Send a signal to containers"),
    "logs": ("container.logs", "Show what a container has written"),
    "ls": ("container.ls", "List containers"),
    "pause": ("container.pause", "Hold all processes of containers"),
    "port": ("container.port", "List the published ports of a container"),
    "prune": ("container.prune", "Remove all stopped containers"),
    "rename": ("container.rename", "Give a container another name"),
    "restart": ("container.restart", "Stop containers and start them again"),
    "rm": ("container.rm", "Remove containers"),
    "run": ("container.run", "Make a container of an image and start it"),
    "start": ("container.start", "Start stopped containers"),
    "stop": ("container.stop", "Stop running containers"),
    "top": ("container.top", "List the processes of a container"),
    "unpause": ("container.unpause", "Let the processes of containers go on"),
    "update": ("container.update", "Change the limits of containers"),
    "wait": ("container.wait", "Wait until containers stop, then print their exit codes"),
    "why": ("container.why", "Tell how and why a container ended (Dockyard only)"),
}
IMAGE = {
    "build": ("build.build", "Build an image"),
    "history": ("image.history", "Show how an image was made"),
    "import": ("image.import_", "Make an image of a tar archive of files"),
    "inspect": ("image.inspect", "Show all that is known of images"),
    "load": ("image.load", "Load images from an archive"),
    "ls": ("image.ls", "List images"),
    "prune": ("image.prune", "Remove images that nothing needs"),
    "pull": ("image.pull", "Fetch an image from a registry"),
    "push": ("image.push", "Send an image to a registry"),
    "rm": ("image.rm", "Remove images"),
    "save": ("image.save", "Write images as an archive"),
    "tag": ("image.tag", "Give an image another name"),
}
BUILDER = {
    "build": IMAGE["build"],
    "prune": ("builder.prune", "Remove the cache of builds"),
}
BUILDX = {
    "build": IMAGE["build"],
    "du": ("builder.du", "Show what the cache of builds holds"),
    "prune": BUILDER["prune"],
}
NETWORK = {
    "connect": ("network.connect", "Bring a container into a network"),
    "create": ("network.create", "Make a network"),
    "disconnect": ("network.disconnect", "Take a container out of a network"),
    "inspect": ("network.inspect", "Show all that is known of networks"),
    "ls": ("network.ls", "List networks"),
    "peers": ("network.peers", "Say which containers of an overlay network are on other hosts"),
    "prune": ("network.prune", "Remove networks that nothing uses"),
    "rm": ("network.rm", "Remove networks"),
}
VOLUME = {
    "clone": ("volume.clone", "Make a copy of a volume"),
    "create": ("volume.create", "Make a volume"),
    "export": ("volume.export", "Write a volume's content as a tar archive"),
    "import": ("volume.import_", "Make a volume of a tar archive"),
    "inspect": ("volume.inspect", "Show all that is known of volumes"),
    "ls": ("volume.ls", "List volumes"),
    "prune": ("volume.prune", "Remove volumes that nothing uses"),
    "rename": ("volume.rename", "Give a volume another name"),
    "rm": ("volume.rm", "Remove volumes"),
}
SYSTEM = {
    "df": ("system.df", "Show what takes space on the disk"),
    "events": ("system.events", "Show what happens in the daemon, as it happens"),
    "info": ("system.info", "Show what the daemon is and has"),
    "install-unit": ("system.install_unit", "Make the daemon a service of systemd"),
}
OCI = {
    "unpack": ("oci.unpack", "Make a runtime bundle (config.json, rootfs) of an image archive"),
}

NOUNS = {
    "builder": ("Manage builds", BUILDER),
    "buildx": ("Manage builds, with Buildx's names", BUILDX),
    "container": ("Manage containers", CONTAINER),
    "image": ("Manage images", IMAGE),
    "network": ("Manage networks", NETWORK),
    "oci": ("Convert between OCI formats", OCI),
    "system": ("Manage the daemon", SYSTEM),
    "volume": ("Manage volumes", VOLUME),
}

COMMON = ("run", "exec", "ps", "build", "pull", "images", "version", "info")
"""The verbs that `--help` lists first."""

VERBS = {
    **{name: CONTAINER[name] for name in sorted(CONTAINER) if name not in ("inspect", "ls", "prune")},
    **{name: IMAGE[name] for name in ("build", "history", "import", "load", "pull", "push", "save", "tag")},
    "daemon": ("system.daemon", "Start the daemon"),
    "events": SYSTEM["events"],
    "images": IMAGE["ls"],
    "info": SYSTEM["info"],
    "inspect": ("system.inspect", "Show all that is known of containers, images, volumes, networks"),
    "login": ("registry.login", "Log in to a registry"),
    "logout": ("registry.logout", "Log out from a registry"),
    "ps": CONTAINER["ls"],
    "rmi": IMAGE["rm"],
    "search": ("registry.search", "Search a registry's index for images"),
    "version": ("system.version", "Show the versions of client and daemon"),
}

ALIASES = {
    ("buildx", "b"): "build",
    ("container", "list"): "ls",
    ("container", "ps"): "ls",
    ("container", "remove"): "rm",
    ("image", "list"): "ls",
    ("image", "remove"): "rm",
    ("network", "list"): "ls",
    ("network", "remove"): "rm",
    ("volume", "list"): "ls",
    ("volume", "remove"): "rm",
}

NOT_YET = frozenset(
    (
        "checkpoint", "compose", "config", "context", "manifest",
        "node", "plugin", "secret", "service", "stack", "stats", "swarm", "trust",
        "container stats", "system dial-stdio", "system prune", "volume update",
    )
)  # fmt: skip
"""Commands of Docker that are known here and answered with a clear refusal."""
