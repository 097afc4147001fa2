"""Statements about what was built: how (`--provenance`), and what is in it (`--sbom`).

request.py      what the client asked for
facts.py        what is known of a build
provenance.py   the predicate of SLSA, versions 0.2 and 1
graph.py        the graph of a build as the predicate tells it
sbom.py         a scanner's image, run on the result

https://github.com/moby/buildkit/blob/v0.25.1/docs/attestations/README.md
"""
