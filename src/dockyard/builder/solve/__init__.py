"""Solving the graph.

solver.py     each vertex once, what is independent side by side, what the cache knows not at all
results.py    what a vertex comes to: layers, or a tree of files
events.py     what is told on the way
executor.py   the contract with whoever runs commands
elsewhere.py  the contracts with caches that lie elsewhere
sources.py    the contract with whoever has the client's files and secrets
"""
