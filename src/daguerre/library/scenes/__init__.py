"""Procedural photos: scenes, the words that describe them, and the pixels that show them."""
