"""The shim: one process for each container, its parent and its keeper, which outlives everything above it.

It is forked by the supervisor (never executed), forks PID 1 through the runtime, owns the container's stdio, writes its
log, takes over the sockets of attached clients, forks execs, reaps, and leaves the exit record on disk before it tells
anybody. A daemon talks to it by the messages in `messages`, through `supervisor.client`. `main` is where to start.
"""
