"""Dockerfiles and what the real BuildKit makes of them: the oracle for the language.

    tests/data/dockerfiles/<topic>.cases    the Dockerfiles (cases.py); all are built in the same context (context.py)
    tests/data/dockerfiles/<topic>.json     facts: errors, warnings, configuration, history, files (facts.py)

python -m tests.support.dockerfiles.record unix://… docker-buildx    writes the facts anew, from a real Docker
"""
