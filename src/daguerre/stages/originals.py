"""Reading originals, as a thing that travels to decoder processes; imports no more than reading needs."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass

from daguerre.landing.manifest import LandedObject
from daguerre.landing.source import ObjectTooLargeError, Source, open_source
from daguerre.media.reasons import Reason, RefusedError
from daguerre.storage.ports import ObjectChangedError, ObjectNotFoundError, StorageError, StoreRefusedError

_PAUSE_S = 0.5


@dataclass(frozen=True, kw_only=True)
class OriginalReader:
    """Reads objects of one source.

    Attributes:
        url: Address of the source.
        max_bytes: Larger objects are refused unread.
        max_attempts: Tries, when the fault may pass.
    """

    url: str
    max_bytes: int
    max_attempts: int

    def __call__(self, landed: LandedObject) -> bytes:
        """Read one original.

        Raises:
            RefusedError: empty, too_large_bytes, vanished, changed, unreadable, store_error.
        """
        if landed.size == 0:
            raise RefusedError(Reason.EMPTY)
        for attempt in range(1, self.max_attempts + 1):
            try:
                return _source(self.url).read(landed.info, max_bytes=self.max_bytes)
            except ObjectTooLargeError as e:
                raise RefusedError(Reason.TOO_LARGE_BYTES, e.what) from e
            except ObjectNotFoundError as e:
                raise RefusedError(Reason.VANISHED, e.what) from e
            except ObjectChangedError as e:
                raise RefusedError(Reason.CHANGED, e.what) from e
            except StoreRefusedError as e:
                raise RefusedError(Reason.UNREADABLE, e.what) from e
            except StorageError as e:
                if attempt == self.max_attempts:
                    raise RefusedError(Reason.STORE_ERROR, e.what, attempts=attempt) from e
                time.sleep(_PAUSE_S * attempt)
        raise AssertionError("max_attempts is at least one")


@functools.cache
def _source(url: str) -> Source:
    return open_source(url)
