"""Daguerre: workflow-orchestrated ML operations for photos."""

__version__ = "0.1.0"
