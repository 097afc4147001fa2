"""The client of registries: where a registry is (hosts), who we are there (tokens), and how we speak to it.

Nothing in here knows images or layers; `store/pull` and `store/push` do.

oci distribution-spec v1.1 and Docker's registry v2, of which it is the successor.
"""
