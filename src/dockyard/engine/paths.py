"""Where the engine keeps things: the one place that builds paths of containers and their bundles.

<data-root>/containers/<id>/{config.v2.json,hostconfig.json,hostname,hosts,resolv.conf,<id>-json.log,mounts/}
<data-root>/{dockyard.db,content,overlay2,image,network,volumes,swarm,trust,tmp}
<data-root>/logs/<id>/          what log drivers still have to send (dockyard.logdrivers.forward)
<exec-root>/shims/<id>/         the OCI bundle and the shim's state (dockyard.shim)
<exec-root>/userns/<id>         user namespaces of containers that are being started (dockyard.supervisor.sandbox)
<exec-root>/netns/<sandbox id>  network namespaces (dockyard.network)
"""

import os
from dataclasses import dataclass

DATA_DIRECTORIES = ("containers", "content", "image", "logs", "network", "swarm", "tmp", "trust", "volumes")


@dataclass(frozen=True, slots=True)
class Paths:
    """The two roots of one engine; absolute paths without a slash at the end."""

    data_root: str
    exec_root: str

    def make(self) -> None:
        """Makes the directories that must be there before anything else; the modes are those that Docker uses."""
        os.makedirs(self.data_root, mode=0o710, exist_ok=True)
        os.makedirs(self.exec_root, mode=0o711, exist_ok=True)
        for name in DATA_DIRECTORIES:
            os.makedirs(f"{self.data_root}/{name}", mode=0o711 if name == "volumes" else 0o710, exist_ok=True)
        os.makedirs(f"{self.exec_root}/shims", mode=0o700, exist_ok=True)
        os.makedirs(self.removed_bundles, mode=0o700, exist_ok=True)
        os.makedirs(self.user_namespaces, mode=0o700, exist_ok=True)

    @property
    def containers(self) -> str:
        """The directory that has one directory for each container."""
        return f"{self.data_root}/containers"

    def container(self, container_id: str) -> str:
        """The directory of one container's files."""
        return f"{self.data_root}/containers/{container_id}"

    def log(self, container_id: str) -> str:
        """The container's json-file log."""
        return f"{self.data_root}/containers/{container_id}/{container_id}-json.log"

    @property
    def log_spools(self) -> str:
        """The directory of all spools."""
        return f"{self.data_root}/logs"

    def log_spool(self, container_id: str) -> str:
        """Where a container's log waits to be sent to its log driver's receiver."""
        return f"{self.data_root}/logs/{container_id}"

    @property
    def build_secrets(self) -> str:
        """Where running build commands have what only they may know: see private_memory.py; sockets of agents."""
        return f"{self.exec_root}/build-secrets"

    @property
    def cache_mounts(self) -> str:
        """The cache mounts of builds."""
        return f"{self.data_root}/buildcache"

    @property
    def build_contexts(self) -> str:
        """Directories of clients that builds have fetched, kept so that the next build fetches what has changed."""
        return f"{self.data_root}/buildcontexts"

    @property
    def build_history(self) -> str:
        """What builds of BuildKit's API have told, the last ones."""
        return f"{self.data_root}/buildhistory"

    @property
    def removed_mounts(self) -> str:
        """Where removed cache mounts wait for their deletion."""
        return f"{self.data_root}/tmp"

    @property
    def removed_bundles(self) -> str:
        """Where bundles wait for their deletion, so that a new start of the same container never meets its old one."""
        return f"{self.exec_root}/removed"

    @property
    def removed_containers(self) -> str:
        """Where directories of removed containers wait for their deletion."""
        return f"{self.data_root}/tmp"

    @property
    def user_namespaces(self) -> str:
        """Where the user namespaces of containers are pinned while they start."""
        return f"{self.exec_root}/userns"

    def user_namespace(self, container_id: str) -> str:
        """The user namespace of a container that is being started."""
        return f"{self.user_namespaces}/{container_id}"

    def bundle(self, container_id: str) -> str:
        """The OCI bundle of a container that has been started; also its shim's directory."""
        return f"{self.exec_root}/shims/{container_id}"
