"""What a client of BuildKit's API and the daemon do for each other while a build runs: the services of a session.

filesync/     folders: the context that the client has, and what an exporter sends back
session.py    the session as the daemon has it, and errors of its calls in our words
files.py      asking for files: names, patterns
secrets.py    secrets and SSH agents
auth.py       credentials for registries
upload.py     one stream of bytes: an archive that a client reads from its standard input
"""
