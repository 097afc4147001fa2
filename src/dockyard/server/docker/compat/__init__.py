"""Older API versions: requests are taken up to the newest version, answers down to the one that was asked.

Endpoints speak the newest version only; every difference between versions stands in this package, as functions over
JSON documents, each named after what changed and listed with the version in which it changed.

https://docs.docker.com/reference/api/engine/version-history/
"""
