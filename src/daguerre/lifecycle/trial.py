"""Running a candidate's graphs in a process of its own, before they come near a server that others depend on.

A graph may crash its runtime, never end or take all memory. The process has limits on time and memory, runs at low
priority, and hands back nothing but numbers. Run as `python -m daguerre.lifecycle.trial JOB` in a scratch folder.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from daguerre.encoders.golden import Golden
from daguerre.encoders.onnx_encoder import OnnxEncoder
from daguerre.encoders.reference import pictures
from daguerre.encoders.release import Release, ReleaseFile
from daguerre.encoders.spec import EncoderError, EncoderSpec

#: Batch sizes among which an answer must not depend on its company, and how many rows are asked at each.
COMPANY = {1: 8, 8: 16, 64: 64}
#: The batch size that is asked twice.
AGAIN = 8

_DEADLINE_S, _DEADLINE_S_PER_GB = 300.0, 300.0
#: Address space, and how many times the bundle's size at least; runtimes copy weights while they optimise.
_LEAST_BYTES, _COPIES = 6 << 30, 8
_GB = 1e9


class TrialError(EncoderError):
    """A candidate's graphs do not run."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What the graphs answered, `(n, dim) float32` each.

    Attributes:
        golden_images: To the golden pictures; None when there was no answer, or no usable golden picture.
        company: By kind (`image`, `text`) and batch size; row i of every size was the same input.
        again: By kind, the answers to the second time of batch size `AGAIN`.
        errors: What went wrong, by the name of the question.
    """

    golden_images: npt.NDArray[np.float32] | None
    golden_texts: npt.NDArray[np.float32] | None
    company: Mapping[str, Mapping[int, npt.NDArray[np.float32]]]
    again: Mapping[str, npt.NDArray[np.float32]]
    errors: Mapping[str, str]

    @property
    def answers(self) -> list[npt.NDArray[np.float32]]:
        """Return all answers."""
        golden = [a for a in (self.golden_images, self.golden_texts) if a is not None]
        return golden + [rows for sizes in self.company.values() for rows in sizes.values()] + list(self.again.values())


def try_out(release: Release, golden: Golden | None, *, scratch: Path) -> Trial:
    """Ask the graphs for the golden vectors, and for other inputs alone and in company.

    Raises:
        TrialError: the process crashed, or took more time or memory than it may.
    """
    size = sum(f.size for f in release.files)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="trial-") as name:
        folder = Path(name)
        job = {
            "spec": asdict(release.spec),
            "folder": str(release.folder),
            "files": [asdict(f) for f in release.files],
            "texts": list(golden.texts) if golden else [],
            "memory": max(_LEAST_BYTES, _COPIES * size),
            "parent": os.getpid(),
        }
        (folder / "job.json").write_text(json.dumps(job))
        np.save(folder / "golden.npy", golden.images if golden else np.zeros(0, np.uint8))
        _run(folder, deadline_s=_DEADLINE_S + _DEADLINE_S_PER_GB * size / _GB)
        return _read(folder)


def _run(folder: Path, *, deadline_s: float) -> None:
    command = [sys.executable, "-m", "daguerre.lifecycle.trial", str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with (folder / "said.txt").open("wb") as said:
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and module
                command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, timeout=deadline_s,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as e:
            raise TrialError(f"no answer within {deadline_s:.0f} s") from e
    if done.returncode:
        last = (folder / "said.txt").read_text(errors="replace").strip().splitlines()[-1:] or ["without a word"]
        how = signal.Signals(-done.returncode).name if done.returncode < 0 else f"exit code {done.returncode}"
        raise TrialError(f"the process ended with {how}: {last[0][:300]}")


def _read(folder: Path) -> Trial:
    with np.load(folder / "answers.npz", allow_pickle=False) as answers:
        found = {name: answers[name] for name in answers.files}
    errors = json.loads((folder / "errors.json").read_text())
    kinds = ("image", "text")
    return Trial(
        golden_images=found.get("golden_image"),
        golden_texts=found.get("golden_text"),
        company={k: {n: found[f"{k}_{n}"] for n in COMPANY if f"{k}_{n}" in found} for k in kinds},
        again={k: found[f"{k}_again"] for k in kinds if f"{k}_again" in found},
        errors=errors,
    )


def main(folder: Path) -> None:
    """Answer the job that lies in `folder`: `answers.npz` with what succeeded, `errors.json` with the rest."""
    job = json.loads((folder / "job.json").read_text())
    _restrain(job["memory"], parent=job["parent"])
    spec = EncoderSpec(**job["spec"])
    files = tuple(ReleaseFile(**f) for f in job["files"])
    answers: dict[str, npt.NDArray[np.float32]] = {}
    errors: dict[str, str] = {}
    try:
        encoder = OnnxEncoder(Release(spec=spec, folder=Path(job["folder"]), files=files))
    except EncoderError as e:
        errors["load"] = str(e)
    else:
        for name, question in _questions(encoder, np.load(folder / "golden.npy"), job["texts"]).items():
            try:
                answers[name] = question()
            except Exception as e:
                errors[name] = f"{type(e).__name__}: {e}"[:500]
    np.savez(folder / "answers.npz", **answers)  # type: ignore[arg-type]
    (folder / "errors.json").write_text(json.dumps(errors))


def _questions(
    encoder: OnnxEncoder, golden: npt.NDArray[np.uint8], texts: list[str]
) -> dict[str, Callable[[], npt.NDArray[np.float32]]]:
    spec = encoder.spec
    most = max(COMPANY.values())
    images = np.concatenate([pictures(spec.side_px, seed=seed) for seed in range(-(-most // 6))])[:most]
    words = [" ".join(texts[i % len(texts)].split()[: 1 + i % 9]) for i in range(most)] if texts else []
    questions: dict[str, Callable[[], npt.NDArray[np.float32]]] = {}
    if golden.size:
        questions["golden_image"] = lambda: encoder.embed_images(golden)
        questions["golden_text"] = lambda: encoder.embed_texts(texts)
    asked = {n: n for n in COMPANY if n <= spec.max_batch}
    for name, size in {**{str(n): n for n in asked}, "again": min(AGAIN, spec.max_batch)}.items():
        rows = COMPANY.get(size, size)
        questions[f"image_{name}"] = _in_batches(encoder.embed_images, images[:rows], size)
        if words:
            questions[f"text_{name}"] = _in_batches(encoder.embed_texts, words[:rows], size)
    return questions


def _in_batches(ask: Callable[[Any], npt.NDArray[np.float32]], rows: Any, size: int) -> Callable[[], Any]:
    return lambda: np.concatenate([ask(rows[i : i + size]) for i in range(0, len(rows), size)])


def _restrain(memory: int, *, parent: int) -> None:
    """Step behind whoever serves people, and leave no process behind when the parent is killed."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
