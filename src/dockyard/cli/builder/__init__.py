"""`dockyard builder` and `dockyard buildx`: the cache of builds."""
