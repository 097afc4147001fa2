"""From `linux.seccomp` of a spec to the BPF program that the kernel takes.

    Seccomp ──actions.py, architectures.py──► numbers ──libseccomp.py──► program
                                                 └──────newer.py──────► prelude for what that library doesn't know
                     compiler.py puts both together, shorter.py makes the same decisions of fewer instructions,
                     compile.py asks cache.py first; filter_flags.py reads the flags

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
"""
