"""What an experiment asks, written down before anyone sees a number: one YAML file, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from daguerre.errors import DaguerreError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex

#: The slice that is no slice.
ALL = "all"

Share = Annotated[float, Field(gt=0, lt=1)]
Size = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1)]
#: A sha256, or nothing yet: what runs the experiment fills in what there is, and that is what its digest is of.
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class SpecError(DaguerreError):
    """The spec of an experiment cannot be used."""

    exit_code = 2


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexSettings(_Strict):
    """How an index is asked, where it is not asked as its snapshot says. `exact` compares every photo instead."""

    nprobes: int | None = Field(default=None, ge=1)
    refine: int | None = Field(default=None, ge=1)
    exact: bool = False


class Side(_Strict):
    """One of the two things that are compared: a release, and how it is asked.

    Attributes:
        release: Digest of the release.
        index: Settings of the index that differ from those of the snapshot.
        curation: Settings of a curation policy, by name.
    """

    release: Digest = ""
    index: IndexSettings = IndexSettings()
    curation: dict[str, bool | int | float | str] = {}


class Metric(_Strict):
    """One number per query, and what it means for the verdict.

    Attributes:
        role: `success` has to be won by one of its kind, `guardrail` must not be lost, `diagnostic` is only shown.
        mde: Smallest gain worth having; the run is planned so that it would be seen.
        margin: Largest loss that is accepted.
        relative: Gains, losses, `mde` and `margin` are shares of production's mean.
        statistic: What of the queries is compared: their mean, or a percentile, as in a latency's p99.
        slices: Dimensions, as in `owner`, in each part of which nothing may surely get worse.
    """

    name: Words
    role: Literal["success", "guardrail", "diagnostic"]
    better: Literal["higher", "lower"] = "higher"
    mde: Size | None = None
    margin: Size | None = None
    relative: bool = False
    statistic: Literal["mean", "p50", "p95", "p99"] = "mean"
    slices: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _says_what_counts(self) -> Metric:
        if self.role == "success" and self.mde is None:
            raise ValueError("a success metric needs `mde`, the smallest gain worth having")
        if self.role == "guardrail" and self.margin is None:
            raise ValueError("a guardrail needs `margin`, the largest loss that is accepted")
        if (self.mde is not None and self.role != "success") or (self.margin is not None and self.role != "guardrail"):
            raise ValueError("`mde` belongs to a success metric, `margin` to a guardrail")
        return self

    @property
    def gates(self) -> bool:
        """Say whether the verdict depends on this metric."""
        return self.role != "diagnostic"


class ExperimentSpec(_Strict):
    """One experiment.

    Attributes:
        kind: `offline`: the same golden queries on both sides; `interleaving`: people see both at once; `ab`: each
            person sees one.
        query_set: sha256 of the golden queries, for kind `offline`.
        cluster: What makes queries move together; intervals resample whole clusters.
        alpha: Chance of error, both directions together: the intervals are of level 1 - alpha.
        power: Chance to see a gain of `mde`, and to prove an equal candidate harmless, that the run is planned for.
        judged_min: Least share of the shown results that carry a judgement.
        lost_max: Largest share of queries that one side may fail to answer.
        split: Share of people that are meant to see the candidate, for kind `ab`.
        srm_alpha: The split is called broken when chance explains it less often than this.
        peek_until: Pairs (or people) at which the verdict is meant to be read. With it the intervals hold at every
            look on the way there, and are half as wide again; without it there is one look.
        expires: After that nobody waits for the verdict, and its releases may go.
        seed: Of the resampling; the same numbers give the same verdict.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    hypothesis: Words
    owner: Words
    kind: Literal["offline", "interleaving", "ab"] = "offline"
    production: Side = Side()
    candidate: Side = Side()
    query_set: Digest = ""
    metrics: tuple[Metric, ...] = Field(min_length=1)
    cluster: Words = "owner"
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    power: Annotated[float, Field(ge=0.5, lt=1)] = 0.8
    judged_min: Annotated[float, Field(ge=0, le=1)] = 0.9
    lost_max: Annotated[float, Field(ge=0, lt=1)] = 0.01
    split: Share = 0.5
    srm_alpha: Share = 0.001
    peek_until: int | None = Field(default=None, ge=1)
    expires: AwareDatetime
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _asks_something(self) -> ExperimentSpec:
        names = [metric.name for metric in self.metrics]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"metrics named twice: {', '.join(twice)}")
        if not self.success:
            raise ValueError("no metric has the role success: nothing could ever be promoted")
        if self.kind == "ab" and (odd := [m.name for m in self.metrics if m.statistic != "mean" or m.slices]):
            raise ValueError(f"{', '.join(odd)}: in an A/B experiment there are neither percentiles nor slices")
        if self.production.release and self.production == self.candidate:
            raise ValueError("production and candidate are the same")
        return self

    @property
    def success(self) -> tuple[Metric, ...]:
        """Return the metrics of which one has to be won."""
        return tuple(metric for metric in self.metrics if metric.role == "success")

    @property
    def guardrails(self) -> tuple[Metric, ...]:
        """Return the metrics of which none may be lost."""
        return tuple(metric for metric in self.metrics if metric.role == "guardrail")

    @property
    def unfilled(self) -> tuple[str, ...]:
        """Return the digests that are still open; an experiment with one of them cannot be run."""
        digests = {"production.release": self.production.release, "candidate.release": self.candidate.release}
        if self.kind == "offline":
            digests["query_set"] = self.query_set
        return tuple(key for key, digest in digests.items() if not digest)

    @property
    def digest(self) -> str:
        """Return the sha256 of what the spec says, whatever its file looks like."""
        return sha256_hex(canonical_json(self.model_dump(mode="json")))


def load_spec(source: Path | bytes) -> ExperimentSpec:
    """Read a spec from a YAML file, or from its bytes.

    Raises:
        SpecError: it cannot be read, a key is unknown or twice there, or a value cannot be; says which, and of
            which file.
    """
    import yaml

    origin = str(source) if isinstance(source, Path) else "the spec"
    try:
        facts = _load_yaml(source.read_bytes() if isinstance(source, Path) else source)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise SpecError(f"{origin}: {e}") from e
    if not isinstance(facts, dict):
        raise SpecError(f"{origin}: it is no mapping", fix=f"Its keys are {_allowed(())}.")
    try:
        return ExperimentSpec.model_validate(facts)
    except ValidationError as e:
        first = e.errors()[0]
        where = first["loc"]
        key = _path(where, facts) or "the whole"
        if first["type"] == "extra_forbidden":
            raise SpecError(f"{origin}: {key} is unknown", fix=f"Allowed there: {_allowed(where[:-1])}.") from e
        what = str(first["msg"]).removeprefix("Value error, ")
        raise SpecError(f"{origin}: {key}: {what}") from e


def _path(where: tuple[int | str, ...], facts: Any) -> str:
    """Return `metrics[1] (latency).margin`: the place, and what stands there."""
    text, at = "", facts
    for part in where:
        inside: dict[Any, Any] = dict(enumerate(at)) if isinstance(at, list) else at if isinstance(at, dict) else {}
        at = inside.get(part)
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
        if isinstance(part, int) and isinstance(at, dict) and isinstance(at.get("name"), str):
            text += f" ({at['name']})"
    return text.lstrip(".")


def _allowed(where: tuple[int | str, ...]) -> str:
    models: dict[str, type[BaseModel]] = {"metrics": Metric, "production": Side, "candidate": Side}
    names = [str(part) for part in where if not isinstance(part, int)]
    model = IndexSettings if names[-1:] == ["index"] else models.get(names[0] if names else "", ExperimentSpec)
    return ", ".join(model.model_fields)


def _load_yaml(data: bytes) -> Any:
    """Parse YAML in which a key that stands twice is an error: YAML itself would take the last one, unseen."""
    import yaml

    class _Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value]
            if twice := sorted({key for key in keys if keys.count(key) > 1}, key=str):
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: {', '.join(map(str, twice))} stands there twice")
            return super().construct_mapping(node, deep)

    return yaml.load(data.decode("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader, made stricter
