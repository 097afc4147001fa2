"""Questions about containers that change nothing: they read records and /proc, and take no lock."""
