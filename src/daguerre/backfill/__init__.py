"""Plan, budget, progress, completeness of work over many batches."""
