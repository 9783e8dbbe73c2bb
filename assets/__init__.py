"""Dagster: what exists and how it is made. Wiring only."""
