"""Gates that read a candidate's files and run nothing."""

from __future__ import annotations

from daguerre.encoders.archive import fetch_release
from daguerre.encoders.bundle import build_release
from daguerre.encoders.golden import Golden
from daguerre.encoders.graph import check_towers
from daguerre.encoders.release import IMAGE_GRAPH, TEXT_GRAPH, Release, ReleaseError
from daguerre.encoders.spec import EncoderError
from daguerre.lifecycle.gate import GateResult
from daguerre.lifecycle.trial import Trial
from daguerre.registry.policy import Policy
from daguerre.registry.releases import verify_release
from daguerre.registry.signing import SignatureError, signature_of
from daguerre.storage.ports import StoreUnavailableError
from daguerre.workspace import Workspace

FILES = "files"
SIGNATURE = "signature"
ONNX_CHECKER = "onnx_checker"
IO_CONTRACT = "io_contract"


def files_gate(ws: Workspace, digest: str) -> tuple[GateResult, Release | None]:
    """Ask whether every file in the store is the one that was registered; return the bundle if so.

    Raises:
        StoreUnavailableError: nobody can tell.
    """
    try:
        problems = verify_release(ws, digest)
        release = None if problems else fetch_release(ws, digest)
    except StoreUnavailableError:
        raise
    except EncoderError as e:
        problems, release = [str(e)], None
    said = "; ".join(problems) or f"{len(release.files) if release else 0} files are those that were registered"
    value = float(len(problems))
    return GateResult(name=FILES, passed=release is not None, value=value, limit=0.0, said=said), release


def signature_gate(ws: Workspace, digest: str, policy: Policy) -> GateResult:
    """Ask whether somebody whom the policy trusts signed the manifest, as far as the policy insists."""
    try:
        found = signature_of(ws, digest, policy.trusted_keys)
    except (SignatureError, EncoderError) as e:
        return GateResult(name=SIGNATURE, passed=False, said=str(e))
    if found.signed:
        said = f"signed by {found.key}, which the policy {'trusts' if found.trusted else 'does not know'}"
    else:
        said = "not signed"
    if not found.trusted and policy.allow_unsigned:
        said += "; the policy does not insist"
    return GateResult(name=SIGNATURE, passed=found.trusted or policy.allow_unsigned, said=said)


def checker_gate(release: Release) -> GateResult:
    """Ask ONNX's own checker about both graphs."""
    import onnx

    for name in (IMAGE_GRAPH, TEXT_GRAPH):
        try:
            onnx.checker.check_model(str(release.path(name)))
        except Exception as e:
            return GateResult(name=ONNX_CHECKER, passed=False, said=f"{name}: {_first_line(e)}")
    return GateResult(name=ONNX_CHECKER, passed=True, said="both graphs are well-formed")


def contract_gate(release: Release, golden: Golden | None, trial: Trial | None) -> GateResult:
    """Ask whether manifest, `model.toml`, graphs, golden vectors and actual answers promise the same shapes.

    A graph may leave dimensions open, so what it answered in the trial counts as well.
    """
    spec = release.spec
    try:
        check_towers(release.path(IMAGE_GRAPH), release.path(TEXT_GRAPH), spec)
        if golden:
            golden.check_shapes(spec)
        if (told := build_release(release.folder).spec) != spec:
            raise ReleaseError(f"the manifest says {spec}, model.toml says {told}")
        for answer in trial.answers if trial else []:
            if answer.ndim != 2 or answer.shape[1] != spec.dim:
                raise ReleaseError(f"an answer has shape {answer.shape}, model.toml says dim = {spec.dim}")
    except EncoderError as e:
        return GateResult(name=IO_CONTRACT, passed=False, limit=float(spec.dim), said=str(e))
    said = f"{spec.side_px} px and {spec.context} tokens in, {spec.dim} numbers out"
    return GateResult(name=IO_CONTRACT, passed=True, value=float(spec.dim), limit=float(spec.dim), said=said)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
