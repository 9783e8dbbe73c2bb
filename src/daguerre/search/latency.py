"""How long answers took: a histogram that can be added up over processes and minutes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

#: Bounds grow by a tenth, so a quantile is right to about five per cent at any scale.
_GROWTH = math.log(1.1)
_SMALLEST_MS = 0.05
#: The last bucket holds everything above four minutes.
_LAST = 161


class LatencyHistogram:
    """Counts in log-spaced buckets. Not safe to share between threads."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self._counts: Counter[int] = Counter(counts or {})

    def add(self, ms: float) -> None:
        """Count one answer."""
        at = math.ceil(math.log(max(ms, _SMALLEST_MS) / _SMALLEST_MS) / _GROWTH)
        self._counts[min(at, _LAST)] += 1

    def merge(self, other: LatencyHistogram) -> None:
        """Add what another one counted."""
        self._counts.update(other._counts)

    def quantile(self, share: float) -> float:
        """Return the milliseconds within which `share` of the answers came; 0 when there were none."""
        left = share * self._counts.total()
        for at in sorted(self._counts):
            left -= self._counts[at]
            if left <= 0:
                return _SMALLEST_MS * math.exp(_GROWTH * max(at - 0.5, 0.0))
        return 0.0

    def to_json(self) -> dict[str, int]:
        """Return the buckets that are not empty."""
        return {str(at): n for at, n in sorted(self._counts.items())}

    @classmethod
    def from_json(cls, record: Mapping[str, int]) -> LatencyHistogram:
        """Read what `to_json` returned."""
        return cls({int(at): int(n) for at, n in record.items()})
