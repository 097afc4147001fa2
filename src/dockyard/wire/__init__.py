"""Texts and messages: from values to bytes and back, without I/O. Imported by programs that must start fast."""
