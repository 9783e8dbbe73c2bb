"""The ranker: learnt from what owners cared about, tried on owners and weeks that it never saw, promoted when better.

Features come from Feast as they were known when a week began, labels from what happened in that week: a value that
was written later, or a count of the week itself, can never help to predict it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from daguerre.curation.best_shot import appeal, mean_rank
from daguerre.curation.columns import Bools, Floats, Ints, Words
from daguerre.curation.ranker_files import load_ranker, store_ranker
from daguerre.curation.ranking import FEATURES, Judge, Ranker, features_at, learn_ranker
from daguerre.curation.ranking_trial import pairwise_accuracy
from daguerre.features.store import training_frame
from daguerre.features.views import EVENT_TIMESTAMP
from daguerre.quality.experiments.bootstrap import Interval, cluster_interval
from daguerre.registry.events import EventKind
from daguerre.registry.log import promote, read_state, record
from daguerre.stages.liked_photos import Week, liked_photos, weeks_until
from daguerre.workspace import Workspace

SERVICE = "photo_ranker_v1"
#: The log of rankers, and the alias in it of the one that composes memories.
PRODUCT, ALIAS = "memories", "ranker"
CODE_VERSION = "ranker-1"

#: One owner in four is never learnt from, and of nobody the newest weeks.
_HELD_OUT_OWNERS, _HELD_OUT_WEEKS = 4, 2
#: Fewer liked photos to learn from, or fewer lists to try on, prove nothing.
_FEWEST_LIKED, _FEWEST_LISTS = 60, 6
_ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class RankerReport:
    """What came of one training.

    Attributes:
        digest: Of the ranker; empty when there was too little to learn from.
        promoted: Whether memories are composed by it from now on.
        reason: Why, or why not.
        learnt_from, liked: Rows that were learnt from, and those of them that were liked.
        lists: Weeks of owners that it was tried on; `pairwise` and `auc` are of these.
        pairwise, baseline_pairwise: Share of pairs (liked, not) of one list in order, mean over lists.
        auc, baseline_auc: The same over all rows at once, whoever's they are.
        new_owners, new_weeks: `pairwise` of owners who were never learnt from, and of the newest weeks; None without.
        gain: Of `pairwise` over the hand-made quality, with its 95 % interval over owners.
    """

    digest: str = ""
    promoted: bool = False
    reason: str
    learnt_from: int = 0
    liked: int = 0
    lists: int = 0
    pairwise: float = float("nan")
    baseline_pairwise: float = float("nan")
    auc: float = float("nan")
    baseline_auc: float = float("nan")
    new_owners: float | None = None
    new_weeks: float | None = None
    gain: Interval | None = None

    def figures(self) -> dict[str, Any]:
        """Return the numbers as JSON values."""
        gain = self.gain
        told = {name: getattr(self, name) for name in ("learnt_from", "liked", "lists", "new_owners", "new_weeks")}
        measured = {name: getattr(self, name) for name in ("pairwise", "baseline_pairwise", "auc", "baseline_auc")}
        told |= {name: None if np.isnan(value) else value for name, value in measured.items()}
        return told | ({"gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high} if gain else {})


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows of a training frame, n of them; `week` numbers the week, `held_out` must not be learnt from."""

    features: Floats
    liked: Bools
    owner: Words
    week: Floats
    new_owner: Bools
    new_week: Bools

    @property
    def held_out(self) -> Bools:
        """Return which rows are only tried on."""
        return self.new_owner | self.new_week


def train_ranker(ws: Workspace, *, actor: str) -> RankerReport:
    """Learn from the last weeks, store what was learnt, and promote it if it beats the hand-made quality.

    The same data give the same ranker under the same digest. Too little data is no error: the report says so.

    Raises:
        AliasConflictError: somebody promoted another ranker meanwhile.
    """
    weeks = weeks_until(ws.clock())
    rows = training_rows(ws, weeks)
    learnable = ~rows.held_out
    liked = int(rows.liked[learnable].sum())
    if liked < _FEWEST_LIKED:
        return RankerReport(reason=f"only {liked} liked photos to learn from", liked=liked)
    lists = lists_of(rows)
    if len(lists) < _FEWEST_LISTS:
        return RankerReport(reason=f"only {len(lists)} weeks of owners to try it on", liked=liked, lists=len(lists))
    ranker = learn_ranker(rows.features[learnable], rows.liked[learnable])
    report = try_ranker(ranker, rows, lists)
    facts = {
        "code_version": CODE_VERSION,
        "service": SERVICE,
        "first_week": weeks[0].begins.isoformat(),
        "last_week": weeks[-1].begins.isoformat(),
        **report.figures(),
    }
    digest = store_ranker(ws, ranker, facts)
    return _registered(ws, digest, report, actor)


def promoted_ranker(ws: Workspace) -> Ranker | None:
    """Return the ranker that composes memories; None: the hand-made quality does.

    Raises:
        RankerError, BrokenLogError.
    """
    pointer = read_state(ws, PRODUCT).pointers.get(ALIAS)
    return load_ranker(ws, pointer.release) if pointer else None


def judge_of(ws: Workspace) -> Judge:
    """Return what says how good photos are: the promoted ranker, else the hand-made quality. Raises as above."""
    ranker = promoted_ranker(ws)
    return ranker.judge if ranker else appeal


def training_rows(ws: Workspace, weeks: list[Week]) -> Rows:
    """Join what was liked with what was known of each photo when the week began."""
    frame = training_frame(ws, SERVICE, liked_photos(ws, weeks), as_known=True)
    features = features_at(frame)
    pixels = [column for column, name in enumerate(FEATURES) if name not in ("views", "favorites")]
    known = ~np.isnan(features[:, pixels]).all(axis=1)  # of the others nothing had been computed yet
    frame, features = frame.filter(pa.array(known, pa.bool_())), features[known]
    owner = np.array(frame["owner_id"].to_pylist(), object)
    week = frame[EVENT_TIMESTAMP].cast(pa.int64()).to_numpy().astype(np.float64)
    newest = np.isin(week, [w.begins.timestamp() * 1e6 for w in weeks[-_HELD_OUT_WEEKS:]])
    return Rows(
        features=features,
        liked=np.array(frame["liked"].to_pylist(), bool),
        owner=owner,
        week=week,
        new_owner=np.array([_never_learnt_from(name) for name in owner.tolist()], bool),
        new_week=newest,
    )


def lists_of(rows: Rows) -> list[Ints]:
    """Return the held-out lists, one per owner and week, as row numbers; those without a choice are left out."""
    where = np.flatnonzero(rows.held_out)
    if not len(where):
        return []
    keys = np.array([f"{rows.owner[row]}\0{rows.week[row]}" for row in where])
    order = np.argsort(keys, kind="stable")
    found = np.split(where[order], np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1)
    return [part for part in found if 0 < rows.liked[part].sum() < len(part)]


def hand_made(rows: Rows, part: Ints) -> Floats:
    """Return what the quality of best_shot says of the photos of one list."""
    names = list(FEATURES)
    return mean_rank(*(rows.features[part, names.index(name)] for name in ("sharpness", "aesthetic")))


def try_ranker(ranker: Ranker, rows: Rows, lists: list[Ints]) -> RankerReport:
    """Compare a ranker with the hand-made quality on the held-out lists; it is better when the whole interval is."""
    score = ranker.log_odds(rows.features)
    plain = np.full(len(score), np.nan)
    for part in lists:
        plain[part] = hand_made(rows, part)
    ours = np.array([pairwise_accuracy(score[part], rows.liked[part]) for part in lists])
    other = np.array([pairwise_accuracy(plain[part], rows.liked[part]) for part in lists])
    tried = np.concatenate(lists)
    gain = cluster_interval(ours - other, [str(rows.owner[part[0]]) for part in lists], alpha=_ALPHA)
    new_owner = np.array([bool(rows.new_owner[part[0]]) for part in lists])
    new_week = np.array([bool(rows.new_week[part[0]]) for part in lists])
    better = gain.low > 0
    return RankerReport(
        promoted=better,
        reason=f"pairs in order: {ours.mean():.3f} against {other.mean():.3f} by the hand-made quality"
        + ("" if better else f", which is not surely better (gain from {gain.low:+.3f} to {gain.high:+.3f})"),
        learnt_from=int((~rows.held_out).sum()),
        liked=int(rows.liked[~rows.held_out].sum()),
        lists=len(lists),
        pairwise=float(ours.mean()),
        baseline_pairwise=float(other.mean()),
        auc=pairwise_accuracy(score[tried], rows.liked[tried]),
        baseline_auc=pairwise_accuracy(plain[tried], rows.liked[tried]),
        new_owners=float(ours[new_owner].mean()) if new_owner.any() else None,
        new_weeks=float(ours[new_week].mean()) if new_week.any() else None,
        gain=gain,
    )


def _registered(ws: Workspace, digest: str, report: RankerReport, actor: str) -> RankerReport:
    """Write what came of it into the log: registered once, and the alias moved when it is better."""
    figures = report.figures()
    record(
        ws,
        EventKind.REGISTERED,
        digest,
        actor=actor,
        reason=report.reason,
        allow=lambda state: digest not in state.releases,
        evidence=figures,
        product=PRODUCT,
    )
    if report.promoted:
        promote(ws, ALIAS, digest, actor=actor, reason=report.reason, product=PRODUCT, evidence=figures)
    return RankerReport(**{**vars(report), "digest": digest})


def _never_learnt_from(owner: str) -> bool:
    return hashlib.sha256(owner.encode()).digest()[-1] % _HELD_OUT_OWNERS == 0
