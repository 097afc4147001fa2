"""What a network does with an endpoint, by driver: `contract` is what all of them offer."""
