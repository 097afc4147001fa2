"""The terminal and the container's streams: what `run`, `start -a`, `attach` and `exec` do between them."""
