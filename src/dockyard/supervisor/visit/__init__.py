"""Visits: one look into a container's root, or one archive out of it or into it, by a process that is made for it.

A visitor is a fork of the supervisor. It may enter namespaces and mount things, which the daemon with its threads
mustn't, and what it copies never passes through the daemon's own file accesses. It sees what the container sees:

    root.py      the root as a descriptor: a running container's through its mount namespace, a stopped one's mounted
                 in a namespace that dies with the visitor
    status.py    what is at a path             outbound.py  a path to an archive        inbound.py  an archive to a path
    task.py      one visit from request to end

Every step below the root is made from a descriptor, and no symbolic link is left to the kernel but with
RESOLVE_IN_ROOT: a hostile container may swap links as fast as it likes and only ever changes what happens inside.
"""
