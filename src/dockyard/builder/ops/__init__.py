"""What each kind of operation does when nothing in the cache does it."""
