"""Where lives happen: real cities with their coordinates and time zones, and what one photographs there."""

from __future__ import annotations

import math
from dataclasses import dataclass

_KM_PER_DEGREE = 111.195


@dataclass(frozen=True, kw_only=True)
class Place:
    """A city: `name` and ISO country, degrees, IANA zone, and the kinds of views around it."""

    name: str
    country: str
    lat: float
    lon: float
    zone: str
    views: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return `Lisbon, PT`."""
        return f"{self.name}, {self.country}"


def _place(name: str, country: str, lat: float, lon: float, zone: str, *views: str) -> Place:
    return Place(name=name, country=country, lat=lat, lon=lon, zone=zone, views=views)


HOMES = (
    _place("Leeds", "GB", 53.7997, -1.5492, "Europe/London", "city", "meadow", "forest"),
    _place("Lyon", "FR", 45.7485, 4.8467, "Europe/Paris", "city", "lake", "meadow"),
    _place("Austin", "US", 30.2672, -97.7431, "America/Chicago", "city", "meadow", "lake"),
    _place("Pune", "IN", 18.5196, 73.8553, "Asia/Kolkata", "city", "meadow", "forest"),
    _place("Hamburg", "DE", 53.5511, 9.9937, "Europe/Berlin", "city", "lake", "forest"),
    _place("Melbourne", "AU", -37.8140, 144.9633, "Australia/Melbourne", "city", "beach", "meadow"),
    _place("Toronto", "CA", 43.7064, -79.3986, "America/Toronto", "city", "lake", "forest"),
    _place("Porto Alegre", "BR", -30.0328, -51.2302, "America/Sao_Paulo", "city", "lake", "meadow"),
)
DESTINATIONS = (
    _place("Lisbon", "PT", 38.7223, -9.1393, "Europe/Lisbon", "city", "beach", "sea"),
    _place("Reykjavik", "IS", 64.1355, -21.8954, "Atlantic/Reykjavik", "snow", "lake", "mountain"),
    _place("Queenstown", "NZ", -45.0302, 168.6627, "Pacific/Auckland", "mountain", "lake", "forest"),
    _place("Marrakesh", "MA", 31.6342, -7.9999, "Africa/Casablanca", "desert", "city", "mountain"),
    _place("Kyoto", "JP", 35.0211, 135.7538, "Asia/Tokyo", "forest", "city", "meadow"),
    _place("Denver", "US", 39.7392, -104.9847, "America/Denver", "mountain", "snow", "forest"),
    _place("Split", "HR", 43.5089, 16.4392, "Europe/Zagreb", "sea", "beach", "city"),
    _place("Nairobi", "KE", -1.2833, 36.8167, "Africa/Nairobi", "meadow", "desert", "lake"),
    _place("Cape Town", "ZA", -33.9258, 18.4232, "Africa/Johannesburg", "beach", "mountain", "sea"),
    _place("Innsbruck", "AT", 47.2627, 11.3945, "Europe/Vienna", "mountain", "snow", "forest"),
    _place("Honolulu", "US", 21.3069, -157.8583, "Pacific/Honolulu", "beach", "sea", "mountain"),
    _place("Dubai", "AE", 25.0772, 55.3093, "Asia/Dubai", "desert", "city", "beach"),
    _place("Bergen", "NO", 60.3930, 5.3242, "Europe/Oslo", "sea", "mountain", "forest"),
    _place("Cusco", "PE", -13.5226, -71.9673, "America/Lima", "mountain", "city", "meadow"),
)


def moved(lat: float, lon: float, km: float, bearing_deg: float) -> tuple[float, float]:
    """Return the point `km` away in a direction (0 is north); good to a percent below 50 km and 70 degrees."""
    angle = math.radians(bearing_deg)
    north = km * math.cos(angle) / _KM_PER_DEGREE
    east = km * math.sin(angle) / (_KM_PER_DEGREE * math.cos(math.radians(lat)))
    return lat + north, lon + east


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance of two points given as (lat, lon) in degrees."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))
