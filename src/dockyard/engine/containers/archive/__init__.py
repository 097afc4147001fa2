"""`docker cp`: what is at a path of a container, an archive of it, an archive unpacked there.

Running or stopped, the files are touched by a visitor only (dockyard.supervisor.visit); here stands who may, and what
the container would see.

    paths.py    Docker's rules for paths           place.py    how a visitor gets to the container's root
    look.py     HEAD                               read.py     GET                          write.py    PUT

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerArchive
"""
