"""The overlay2 driver: each layer a directory of its own, stacked by the kernel's overlayfs when a container needs
it."""
