"""Search quality, drift, gates. The only door to evidently."""
