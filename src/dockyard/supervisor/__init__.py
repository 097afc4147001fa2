"""The supervisor: one process from which every shim is forked, and the client by which the engine talks to both.

It has one thread, has everything imported, and does nothing but fork; it may be killed at any time without any
container
noticing. `server` is the process, `client` (the only part with asyncio) is what the engine uses.
"""
