"""`dockyard build`: flags, the display of what happens, what is told in the end."""
