"""Triton: client, local server, model repository. The only door to tritonclient."""
