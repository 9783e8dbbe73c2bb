"""A Triton backend named `onnxruntime` for servers that ship the python backend only. Runs inside the server."""

from __future__ import annotations

from pathlib import Path

#: The file that the server loads.
SOURCE = Path(__file__).with_name("model.py")
