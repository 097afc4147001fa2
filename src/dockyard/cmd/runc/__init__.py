"""`dockyard-runc`: the runtime behind the command line of runc, so that dockerd, containerd and podman can use it.

    dockyard_runc.main ── global flags (global_flags.py) ──► Invocation
                       └─ verb ──► its module here: COMMAND (flags as data) and run(invocation, arguments)

A verb is a file, imported only when it is asked for, because each call starts an interpreter. Flags, output, exit codes
and error texts are those of runc 1.1, whose manual pages are the specification:
https://github.com/opencontainers/runc/tree/v1.1.5/man
"""
