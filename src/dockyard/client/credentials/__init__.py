"""What is known of a user at registries: Docker's config.json, and the helpers that it names."""
