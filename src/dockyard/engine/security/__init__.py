"""What keeps a container in: capabilities, seccomp profiles, masked paths, device rules; Docker's defaults and rules.

Nothing here touches the kernel: each function turns what a user asked for into values of the OCI spec.
"""
