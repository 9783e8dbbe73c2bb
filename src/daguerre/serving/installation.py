"""Where the Triton server lies, and what has to be arranged around the wheel before it can start.

The wheel `nvidia-pytriton` carries the server and the python backend. Missing are: the stub for the interpreter's
version beside the backend, run bits in some installers' hands, the path of the wheel's libraries, and a backend named
`onnxruntime`, for which ours stands in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from daguerre.encoders.spec import EncoderError
from daguerre.serving.backend import SOURCE
from daguerre.workspace import Workspace

_RUN_BITS = 0o755
#: Variables of the calling environment that would lead the server's interpreter to the caller's packages.
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


class ServerMissingError(EncoderError):
    """The Triton server is not installed."""

    exit_code = 4


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Paths of one installed server."""

    binary: Path
    site: Path
    python_bin: Path
    stub: Path

    @property
    def libraries(self) -> Path:
        """Return the folder of the shared libraries that the wheel brings."""
        return self.site / "nvidia_pytriton.libs"

    @property
    def python_backend(self) -> Path:
        """Return the folder of the python backend."""
        return self.site / "pytriton/tritonserver/backends/python"


def find_installation(ws: Workspace) -> Installation:
    """Find the server beside the interpreter that the settings name.

    Raises:
        ServerMissingError: there is no such environment, or it lacks the wheel or a stub for its version.
    """
    python = ws.settings.triton_python
    fix = "`make setup` installs it; DAGUERRE_TRITON_PYTHON names another environment."
    sites = sorted((python.parent.parent / "lib").glob("python3.*/site-packages/pytriton/tritonserver"))
    if not sites:
        raise ServerMissingError(f"nothing beside {python}", fix=fix)
    home = sites[0]
    version = home.parents[2].name.removeprefix("python")
    found = Installation(
        binary=home / "bin/tritonserver",
        site=home.parents[1],
        python_bin=python.parent,
        stub=home / "python_backend_stubs" / version / "triton_python_backend_stub",
    )
    for path in (found.binary, found.stub, found.python_backend, found.libraries):
        if not path.exists():
            raise ServerMissingError(f"{path} is missing", fix=fix)
    return found


def arrange_backends(installation: Installation, cache: Path) -> Path:
    """Build the backend directory that the server is started with; a finished one is used again.

    Its name carries the content of our backend, so a running server keeps the files that it was started with.
    """
    identity = hashlib.sha256(f"{installation.stub}\0{SOURCE.read_text()}".encode()).hexdigest()[:12]
    folder = cache / f"backends-{identity}"
    if folder.is_dir():
        return folder
    draft = cache / f".backends-{identity}-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "python").mkdir(parents=True)
    for file in installation.python_backend.iterdir():
        if file.is_file() and file.name != "triton_python_backend_stub":
            shutil.copyfile(file, draft / "python" / file.name)  # the server refuses links that lead out
    _copy_runnable(installation.stub, draft / "python" / installation.stub.name)
    (draft / "onnxruntime").mkdir()
    shutil.copyfile(SOURCE, draft / "onnxruntime" / "model.py")
    try:
        draft.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def runnable_binary(installation: Installation, cache: Path) -> Path:
    """Return the server's binary, or a copy with its run bit when the installer dropped that."""
    if os.access(installation.binary, os.X_OK):
        return installation.binary
    copy = cache / "tritonserver"
    if not copy.exists():
        _copy_runnable(installation.binary, copy)
    return copy


def server_environment(installation: Installation) -> dict[str, str]:
    """Return the environment of the server: its own interpreter first, its own libraries, nothing of the caller's."""
    env = {k: v for k, v in os.environ.items() if k not in _FOREIGN}
    base = (installation.python_bin / "python").resolve().parent.parent / "lib"
    env["PATH"] = os.pathsep.join((str(installation.python_bin), env.get("PATH", os.defpath)))
    # The stub needs libpython3.x.so; where the interpreter was built with one, it lies in its own lib folder.
    env["LD_LIBRARY_PATH"] = os.pathsep.join((str(installation.libraries), str(base)))
    return env


def _copy_runnable(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    shutil.copyfile(source, draft)
    draft.chmod(_RUN_BITS)
    draft.rename(target)
