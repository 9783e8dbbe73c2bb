"""Experiments: a question put before the numbers are seen, and one verdict on interval bounds."""
