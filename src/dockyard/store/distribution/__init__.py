"""Names of images, as registries and people write them."""
