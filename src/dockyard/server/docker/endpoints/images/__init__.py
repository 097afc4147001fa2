"""Endpoints of images: one module for each verb or family of verbs."""
