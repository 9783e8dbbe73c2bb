"""The daguerre command."""
