"""Feast: entities, sources, views and services of the per-photo signals."""
