"""The vfs driver: each layer a complete copy. Works on any filesystem; costs the disk of all layers added up."""
