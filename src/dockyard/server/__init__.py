"""The doors: each translates one outside protocol into calls of the engine, and nothing else.

docker/   the Engine API over HTTP, for `docker`, `docker compose`, SDKs, and `dockyard`
"""
