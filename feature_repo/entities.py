"""What features are about."""

from __future__ import annotations

from daguerre.features.feast_objects import entity

photo = entity("photo")
owner = entity("owner")
