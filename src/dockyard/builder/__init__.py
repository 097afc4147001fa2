"""Building images: a Dockerfile becomes a graph of operations, the graph is solved, the result is an image.

    dockerfile/   the language: lines ▸ instructions ▸ stages, words, .dockerignore, lint
    plan/         stages and the configurations of their base images ▸ the graph
    graph.py      the operations: frozen values with a digest
    solve/        the graph ▸ layers: in parallel, each vertex once, cached by content
    ops/          what each kind of operation does
    cache/        what earlier builds made, and cache mounts
    context/      where files come from: archives, git, URLs

Nothing here knows of HTTP or of containers: commands run through the Executor contract (`solve/executor.py`), which the
engine implements.
"""
