"""What a client of BuildKit's API and the daemon do for each other while a build runs: the services of a session.

filesync/     folders: the context that the client has, and what an exporter sends back
"""
