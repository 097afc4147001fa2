"""One module per executable: it reads configuration, builds the objects and runs them; it alone picks implementations."""
