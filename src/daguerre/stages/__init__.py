"""The pipeline: one function per stage, each a pure function of (batch, code version, space)."""
