"""The flags of `run` and `create`, and how they become the body of POST /containers/create.

table.py      every flag           body.py     the parsed line ─► body, by the modules beside it
environment.py ports.py volumes.py mounts.py devices.py networks.py namespaces.py resources.py health.py security.py
"""
