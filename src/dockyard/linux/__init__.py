"""One module per kernel facility: the only package that calls the kernel through ctypes."""
