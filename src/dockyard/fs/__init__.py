"""Files: atomic replacement, safe paths, archives, mounts as values."""
