from __future__ import annotations

import numpy as np
import pytest

from daguerre.ids import SpaceName
from daguerre.index.query import QueryVector, SpaceMismatchError

ONE, OTHER = SpaceName("one-00000000"), SpaceName("other-00000000")


def test_a_query_gives_its_numbers_to_its_own_space_only() -> None:
    query = QueryVector(space=ONE, values=np.ones(4, np.float32))
    assert query.within(ONE) is query.values
    with pytest.raises(SpaceMismatchError, match=r"one-00000000.*other-00000000"):
        query.within(OTHER)
