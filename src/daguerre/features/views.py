"""What Feast knows, as plain data: views, their columns and the services that read them.

A view carries the version of the model that fills it in its name. A changed model is a new view beside the old one,
and a new service points at it; nothing here is ever edited once it has been read by somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from daguerre.errors import NotFoundError

#: Feast's name for this installation's objects, in the registry and in the names of online tables.
PROJECT = "daguerre"

EntityName = Literal["photo", "owner"]
DType = Literal["float32", "int32", "int64", "string", "bool", "floats"]

#: When the described thing was so; ties are settled by when the row was written.
EVENT_TIMESTAMP = "event_timestamp"
CREATED_TIMESTAMP = "created_timestamp"

_UTC = pa.timestamp("us", tz="UTC")
_ARROW: dict[str, pa.DataType] = {
    "float32": pa.float32(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "string": pa.string(),
    "bool": pa.bool_(),
    "floats": pa.list_(pa.float32()),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One feature; `text` says its unit and range."""

    name: str
    dtype: DType
    text: str


@dataclass(frozen=True, kw_only=True)
class View:
    """One family of features of one entity, filled by one model.

    `ttl_days` bounds how old a value may be in a training frame (0: any age). Online values do not expire by it.
    """

    name: str
    entity: EntityName
    columns: tuple[Column, ...]
    text: str
    ttl_days: int = 0

    @property
    def key(self) -> str:
        """Return the name of the key column."""
        return f"{self.entity}_id"

    @property
    def features(self) -> tuple[str, ...]:
        """Return the names of the features in order."""
        return tuple(c.name for c in self.columns)

    @property
    def schema(self) -> pa.Schema:
        """Return the columns of the view's files: key, owner, times, features."""
        keys = [pa.field(name, pa.string(), nullable=False) for name in dict.fromkeys((self.key, "owner_id"))]
        times = [pa.field(name, _UTC, nullable=False) for name in (EVENT_TIMESTAMP, CREATED_TIMESTAMP)]
        return pa.schema([*keys, *times, *(pa.field(c.name, _ARROW[c.dtype]) for c in self.columns)])


@dataclass(frozen=True, kw_only=True)
class Service:
    """What one reader needs: views, each whole or with the features named."""

    name: str
    text: str
    features: dict[str, tuple[str, ...]]


def _float(name: str, text: str) -> Column:
    return Column(name=name, dtype="float32", text=text)


def _count(name: str, text: str) -> Column:
    return Column(name=name, dtype="int64", text=text)


PHOTO_QUALITY = View(
    name="photo_quality_v1",
    entity="photo",
    text="Technical quality, measured on the proxy.",
    columns=(
        _float("sharpness", "ln(1 + Laplacian variance) of the sharpest quarter of the picture, about 0..10"),
        _float("exposure", "mean luma, 0 black..1 white"),
        _float("contrast", "standard deviation of luma, 0..0.5"),
        _float("colorfulness", "Hasler and Suesstrunk's M3, 0 grey..about 110"),
        _float("noise", "standard deviation of noise in grey levels of 255"),
        _float("megapixels", "millions of pixels of the original"),
        Column(name="quality_model", dtype="string", text="which formulas measured it"),
    ),
)
PHOTO_FACES = View(
    name="photo_faces_v1",
    entity="photo",
    text="Frontal faces found by a Haar cascade on the proxy.",
    columns=(
        Column(name="face_count", dtype="int32", text="faces found"),
        _float("largest_face_area", "share of the picture that the largest face covers, 0..1"),
        _float("face_quality", "sharpness inside the largest face; null without a face"),
    ),
)
PHOTO_AESTHETIC = View(
    name="photo_aesthetic_v1",
    entity="photo",
    text="A weighted sum of the technical signals. It is a formula, no learned taste.",
    columns=(
        _float("aesthetic", "0 hopeless..1 flawless, technically"),
        Column(name="aesthetic_model", dtype="string", text="which formula"),
    ),
)
PHOTO_CONCEPTS = View(
    name="photo_concepts_v1",
    entity="photo",
    text="Zero-shot scores of a versioned list of concepts against the photo's embedding.",
    columns=(
        Column(name="concept_scores", dtype="floats", text="softmax over the vocabulary, in its order"),
        Column(name="top_concept", dtype="string", text="name of the highest score"),
        _float("top_concept_score", "the highest score, 0..1"),
        Column(name="concept_space", dtype="string", text="space of the embedding"),
        Column(name="concept_vocabulary", dtype="string", text="version of the list of concepts"),
    ),
)
PHOTO_DUPS = View(
    name="photo_dups_v1",
    entity="photo",
    text="Membership in a group of near-identical photos; it changes as photos arrive.",
    columns=(
        Column(name="dup_cluster_id", dtype="string", text="the group's middle photo; null outside any group"),
        Column(name="dup_is_best", dtype="bool", text="the one to keep; true outside any group"),
        Column(name="dup_cluster_size", dtype="int32", text="photos in the group; 1 outside any group"),
    ),
)
PHOTO_ENGAGEMENT = View(
    name="photo_engagement",
    entity="photo",
    ttl_days=30,
    text="What people did with the photo, counted per UTC day.",
    columns=(
        _count("views_1d", "views on the day"),
        _count("favorites_1d", "favourites on the day"),
        _count("shares_1d", "shares on the day"),
        _count("search_clicks_1d", "clicks in search results on the day"),
        _count("views_28d", "views in the 28 days that end with the day"),
        _count("favorites_28d", "favourites in the 28 days that end with the day"),
    ),
)
OWNER_DAILY = View(
    name="owner_daily",
    entity="owner",
    ttl_days=90,
    text="One owner's library at the end of a UTC day.",
    columns=(
        _count("photo_count", "photos landed so far"),
        _float("favorite_rate_28d", "favourites per view in 28 days; null without views"),
        _float("mean_aesthetic", "mean over the photos landed so far"),
        _float("dup_share", "share of photos that are the lesser copy of another"),
        Column(name="active_days_28d", dtype="int32", text="days of 28 on which the owner did something"),
    ),
)

VIEWS: tuple[View, ...] = (
    PHOTO_QUALITY,
    PHOTO_FACES,
    PHOTO_AESTHETIC,
    PHOTO_CONCEPTS,
    PHOTO_DUPS,
    PHOTO_ENGAGEMENT,
    OWNER_DAILY,
)

SERVICES: tuple[Service, ...] = (
    Service(
        name="memories_v1",
        text="Choosing and ranking what a memory shows.",
        features={
            "photo_quality_v1": ("sharpness", "exposure"),
            "photo_faces_v1": ("face_count", "largest_face_area"),
            "photo_aesthetic_v1": ("aesthetic",),
            "photo_concepts_v1": ("top_concept", "top_concept_score"),
            "photo_dups_v1": ("dup_cluster_id", "dup_is_best"),
            "photo_engagement": ("views_28d", "favorites_28d"),
        },
    ),
    Service(
        name="search_rerank_v1",
        text="Six columns for re-ranking at most a few hundred candidates.",
        features={
            "photo_quality_v1": ("sharpness",),
            "photo_aesthetic_v1": ("aesthetic",),
            "photo_concepts_v1": ("top_concept", "top_concept_score"),
            "photo_dups_v1": ("dup_is_best",),
            "photo_engagement": ("views_28d",),
        },
    ),
    Service(
        name="photo_ranker_v1",
        text="What a ranker learns from: how good a photo is, who is in it, and what people did with it before.",
        features={
            "photo_quality_v1": ("sharpness", "exposure", "contrast", "noise"),
            "photo_faces_v1": ("face_count", "largest_face_area", "face_quality"),
            "photo_aesthetic_v1": ("aesthetic",),
            "photo_concepts_v1": ("top_concept",),
            "photo_engagement": ("views_28d", "favorites_28d"),
        },
    ),
    Service(
        name="experiment_all_v1",
        text="Every feature of a photo and its owner, for training frames only.",
        features={view.name: view.features for view in VIEWS},
    ),
)


def view(name: str) -> View:
    """Return a view by name. Raises NotFoundError."""
    for candidate in VIEWS:
        if candidate.name == name:
            return candidate
    raise NotFoundError(f"feature view {name!r}", fix=f"There are: {', '.join(v.name for v in VIEWS)}.")


def service(name: str) -> Service:
    """Return a service by name. Raises NotFoundError."""
    for candidate in SERVICES:
        if candidate.name == name:
            return candidate
    raise NotFoundError(f"feature service {name!r}", fix=f"There are: {', '.join(s.name for s in SERVICES)}.")
