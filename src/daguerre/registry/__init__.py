"""Releases and the append-only log that aliases are folded from."""
