"""What the conformance cases stand on: a runtime command, a bundle, a container's life, and looks at the kernel."""
