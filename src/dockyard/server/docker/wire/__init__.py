"""The engine's values as JSON documents of the newest API version: pure functions, one module for each noun.

They never read a clock, a file or the engine: what they need is an argument. `compat.answers` turns their documents
into those of older versions.
"""
