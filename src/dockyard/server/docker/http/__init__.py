"""HTTP without Docker: listening sockets, connections that can be handed over, bodies, and answers as values.

Endpoints return an `Answer` (answers.py) and never touch a connection; `perform` carries it out.
"""
