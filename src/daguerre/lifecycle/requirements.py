"""The gates of a policy, each asked of the log and of the data as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from daguerre.encoders.spec import EncoderSpec
from daguerre.index.audit import MIN_RECALL
from daguerre.index.snapshot import find_snapshot
from daguerre.lifecycle.completeness import Completeness, measure_completeness
from daguerre.lifecycle.moves import spec_of
from daguerre.lifecycle.recall import index_recall
from daguerre.registry.policy import Gate, Policy
from daguerre.registry.signing import SignatureError, signature_of
from daguerre.registry.state import PRODUCTION, ReleaseState, State
from daguerre.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A rule that a release does not meet: which, what is missing, and the command that mends it."""

    rule: str
    said: str
    fix: str

    def sentence(self) -> str:
        """Say it in one line."""
        return f"{self.rule}: {self.said}. {self.fix}"


@dataclass(kw_only=True)
class Requirements:
    """Asks gates about one release; what costs a pass over the tables is measured once."""

    ws: Workspace
    state: State
    release: ReleaseState
    policy: Policy

    def __post_init__(self) -> None:
        self._spec: EncoderSpec = spec_of(self.ws, self.release.digest)
        self._completeness: Completeness | None = None

    @property
    def completeness(self) -> Completeness:
        """Return what the release's space holds now."""
        if self._completeness is None:
            self._completeness = measure_completeness(self.ws, self.release.digest)
        return self._completeness

    def unmet(self, gates: Iterable[Gate]) -> list[Missing]:
        """Return the gates that are not met, in the given order; a broken signature is always one."""
        found = [self._tampered(), *(self._ask(gate) for gate in dict.fromkeys(gates))]
        return [missing for missing in found if missing]

    def _ask(self, gate: Gate) -> Missing | None:
        asked = {
            Gate.SIGNED: self._signed,
            Gate.VALIDATED: self._validated,
            Gate.SAMPLED: self._sampled,
            Gate.APPROVED: self._approved,
            Gate.COMPLETE: self._complete,
            Gate.INDEX_AUDITED: self._index_audited,
            Gate.EXPERIMENT: self._experiment,
            Gate.SHADOWED: self._shadowed,
            Gate.CANARIED: self._canaried,
        }
        unmet = asked[gate]()
        if unmet is None:
            return None
        said, fix = unmet
        return Missing(rule=gate.value, said=said, fix=fix)

    def _command(self, verb: str, options: str = "") -> str:
        return f"`daguerre models {verb} {self._spec.space}{options and ' '}{options}`"

    def _tampered(self) -> Missing | None:
        try:
            signature_of(self.ws, self.release.digest, self.policy.trusted_keys)
        except SignatureError as e:
            return Missing(rule="untampered", said=str(e), fix="Restore the release from a backup.")
        return None

    def _signed(self) -> tuple[str, str] | None:
        try:
            signature = signature_of(self.ws, self.release.digest, self.policy.trusted_keys)
        except SignatureError:
            return "its signature does not hold", "Restore the release from a backup."
        if signature.signed and signature.trusted:
            return None
        said = f"key {signature.key} is not trusted" if signature.signed else "nobody signed it"
        return said, "Register it with DAGUERRE_SIGNING_KEY set to a key that the policy trusts."

    def _validated(self) -> tuple[str, str] | None:
        if self.release.validated is not None:
            return None
        return "it has passed no validation, or failed one since", f"{self._command('validate')} runs the gates."

    def _sampled(self) -> tuple[str, str] | None:
        if self.release.sampled is not None:
            return None
        return "no sample was embedded", f"{self._command('sample')} says what the backfill will cost."

    def _approved(self) -> tuple[str, str] | None:
        rule = self.policy.approvals
        said_yes = {a.actor for a in self.release.approvals if not rule.who or a.actor in rule.who}
        if len(said_yes) >= rule.needed:
            return None
        who = f" of {', '.join(sorted(set(rule.who) - said_yes))}" if rule.who else ""
        said = f"{len(said_yes)} of {rule.needed} approvals since the last validation"
        return said, f"{self._command('approve')} says yes; {rule.needed - len(said_yes)} more{who} needed."

    def _complete(self) -> tuple[str, str] | None:
        now = self.completeness
        if not now.complete:
            return now.sentence(), now.fix()
        if self.release.complete is None:
            return "its space was never proven complete", f"{self._command('complete')} proves it."
        return None

    def _index_audited(self) -> tuple[str, str] | None:
        snapshot = find_snapshot(self.ws, self._spec.space)
        if snapshot is None:
            return "it has no published index", f"{self._command('backfill')} builds it."
        recall, floor = index_recall(self.ws, snapshot), max(MIN_RECALL, self.policy.guards.recall_at_10)
        if recall >= floor:
            return None
        said = f"recall@10 of its index is {recall:.3f}, the floor is {floor:.3f}"
        return said, f"{self._command('backfill')} tunes it again."

    def _experiment(self) -> tuple[str, str] | None:
        decision = self.release.decision
        fix = "`daguerre experiments run` decides; its page says why."
        if decision is None:
            return "no experiment about it was decided", fix
        now = self.state.pointers.get(PRODUCTION)
        against = decision.get("production", "")
        if now and against and against != now.release:
            return f"the last experiment compared it with {against[:12]}, which is not in production", fix
        verdict = decision.get("verdict", "nothing")
        return None if verdict == "PROMOTE" else (f"the last experiment says {verdict}", fix)

    def _shadowed(self) -> tuple[str, str] | None:
        rule, seen = self.policy.shadow, self.release.shadowed
        fix = f"{self._command('shadow', f'--share {rule.share:g}')} asks it beside production; `--share 0` compares."
        if seen is None:
            return "it was not compared in the shadow", fix
        if seen["queries"] < rule.queries:
            return f"{seen['queries']} queries were compared in the shadow, {rule.queries} are needed", fix
        if seen["overlap"] < rule.min_overlap:
            return f"it shares {seen['overlap']:.2f} of the first ten, {rule.min_overlap:.2f} are needed", fix
        return None

    def _canaried(self) -> tuple[str, str] | None:
        rule, since = self.policy.canary, self.release.canary_since
        fix = f"{self._command('canary', f'--share {min(rule.largest_share, rule.largest_step):g}')} starts one."
        if self.release.canary <= 0 or since is None:
            return "no canary is running", fix
        ready = since + timedelta(hours=rule.hours)
        if self.ws.clock() < ready:
            return f"its canary has not run for {rule.hours:g} hours", f"Wait until {ready.isoformat()}."
        return None
