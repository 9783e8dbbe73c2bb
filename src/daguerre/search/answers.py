"""What a search process says: its answers, and what it follows."""

from __future__ import annotations
