"""Registries as users see them: log in, log out, search; the credentials that Docker's config.json keeps."""
