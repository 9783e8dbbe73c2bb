"""Where `feast apply` finds the lake: below DAGUERRE_ROOT."""

from __future__ import annotations

import os

from daguerre.errors import SettingsError

#: An absolute folder or s3://bucket/prefix. Feast expands `${DAGUERRE_ROOT}` in its YAML but knows no default for it.
ROOT = os.environ.get("DAGUERRE_ROOT", "")
#: Where S3 is, when it is not Amazon's.
ENDPOINT = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""

if not ROOT.startswith(("/", "s3://")):
    raise SettingsError(
        f"DAGUERRE_ROOT={ROOT!r}", fix="Feast needs an absolute folder or s3://bucket/prefix: export DAGUERRE_ROOT."
    )
