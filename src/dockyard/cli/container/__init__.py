"""Verbs on containers."""
