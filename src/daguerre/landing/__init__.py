"""What arrived: list a source, find what is new, seal it into immutable batches."""
