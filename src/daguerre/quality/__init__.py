"""Is what we made any good, and is it still what it was? Golden queries, ranking measures, drift, gates."""
