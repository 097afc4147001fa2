"""Builds with BuildKit's API, of our daemon or Docker's: a session in which the daemon asks for what it needs.

    from dockyard.client.sdk import Client

    client = Client.from_environment()
    built = client.build(".", tags=["me/app"], secrets={"token": b"..."}, ssh=["default"])
    print(built.image_id)

    request.py     what to build, as frozen values            build.py      does it: `build`
    attributes.py  what of it the frontend is told            inputs.py     contexts, Dockerfiles: folders, URLs, stdin
    stores.py      folders of blobs: caches, layouts       oci_layout.py  their index
    outputs.py     where results go                           fields.py     `type=local,dest=out`
    session.py     the connections                            services/     what the daemon may ask for
    solving.py     Solve, Status, and the frontend's calls    progress.py   what happens meanwhile, as values
    failure.py     why it failed, with the lines of the source

Needs asyncio, grpclib and protobuf: imported by who builds, not by `dockyard ps` (pyproject.toml, "starts fast").
https://github.com/moby/buildkit/blob/v0.16.0/api/services/control/control.proto and session/
"""
