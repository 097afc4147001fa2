"""Endpoints of containers: one module for each verb or family of verbs."""
