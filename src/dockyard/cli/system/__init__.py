"""Verbs on the daemon itself."""
