"""BuildKit's API on hijacked connections: `POST /session`, where the daemon calls the client, and `POST /grpc`, where
the client calls the daemon.

sessions.py   a client's session, from its headers
tunnel.py     … inside of a call
listen.py     a socket for these services alone (`--buildkit-host`)
control.py    moby.buildkit.v1.Control: builds, how they go, workers
history.py    … the builds that have been
usage.py      … and what the cache holds
gateway.py    moby.buildkit.v1.frontend.LLBBridge: for clients that run the frontend themselves, as buildx
reading.py    … and look into what a build came to
definitions.py   what stands for a result when a client uses it as an input of another build
capabilities.py  what this builder says that it can do

Imported with the first build: gRPC and protobuf take their time.
"""
