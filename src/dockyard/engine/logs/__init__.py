"""Container logs as `docker logs` reads them. The shim writes them; here they are only read."""
