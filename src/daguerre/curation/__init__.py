"""Duplicates, events, trips, memories: pure functions over columns."""
