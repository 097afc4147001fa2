"""What the daemon may ask of us while it builds, one kind of question a module: each gives the methods that answer it.

files.py        folders of the context                    exports.py      where results go
credentials.py  names and passwords at registries         secrets.py      secrets
agents.py       SSH agents                                uploads.py      archives from stdin
health.py       whether we are there
"""
