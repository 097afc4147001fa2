"""The file system that a container sees: from the spec's root, mounts and devices to a pivoted root.

`prepare` runs in the caller, in the host's mount namespace, where it opens everything that comes from the host as
detached mounts; `assemble` runs in the container's first process, in its new namespaces, and attaches them inside the
root. Both work on descriptors: a path that an image could have changed is resolved once, inside the root, by the
kernel.
"""
