"""Per-photo signals and the feature store that holds them. The only door to feast."""
