"""Index snapshots of one space: build, search, audit against exact search."""
