"""An object that goes to S3 in parts and appears, whole, on condition that it does not exist."""

from __future__ import annotations

import uuid
from contextlib import suppress
from types import TracebackType
from typing import Any

from daguerre.storage.ports import StorageError
from daguerre.storage.s3_errors import translated

#: Size of a part but the last, in bytes; S3 allows 10,000 of them.
PART_BYTES = 64 << 20
#: Who wrote the object, in its user metadata: tells a lost answer from a lost race.
WRITER = "daguerre-writer"


class Upload:
    """One upload in parts. Left by an error, it is given up and its parts are freed."""

    def __init__(self, client: Any, bucket: str, name: str) -> None:
        """Begin. S3 takes the condition with the last request only."""
        self.writer = uuid.uuid4().hex
        self._client = client
        self._where = {"Bucket": bucket, "Key": name}
        self._parts: list[dict[str, Any]] = []
        with translated(name):
            answer = client.create_multipart_upload(**self._where, Metadata={WRITER: self.writer})
        self._where["UploadId"] = answer["UploadId"]

    def send(self, part: bytes) -> None:
        """Upload the next part. Raises StorageError."""
        number = len(self._parts) + 1
        with translated(self._where["Key"]):
            answer = self._client.upload_part(**self._where, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": answer["ETag"]})

    def finish(self) -> None:
        """Make the object appear; fails as boto3 does when it exists already."""
        self._client.complete_multipart_upload(**self._where, MultipartUpload={"Parts": self._parts}, IfNoneMatch="*")

    def __enter__(self) -> Upload:
        """Return the upload."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give up what was not finished; parts that a dead process leaves are for a lifecycle rule of the bucket."""
        if kind is not None:
            with suppress(StorageError), translated(self._where["Key"]):
                self._client.abort_multipart_upload(**self._where)
