"""Images in and out as files: load and save (docker archive, OCI layout), import and export.

All are generators or take iterables: no archive is ever in memory as a whole.
"""
