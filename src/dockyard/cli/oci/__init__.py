"""Verbs that convert between OCI formats, without a daemon."""
