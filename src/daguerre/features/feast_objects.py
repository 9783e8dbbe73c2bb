"""From our plain definitions to Feast's objects, for the library and for `feast apply` alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from daguerre.features.views import (
    CREATED_TIMESTAMP,
    EVENT_TIMESTAMP,
    SERVICES,
    VIEWS,
    EntityName,
    Service,
    View,
)

if TYPE_CHECKING:
    from feast import Entity, FeatureService, FeatureView, FileSource

_ENTITY_TEXT: dict[EntityName, str] = {
    "photo": "One photo, video or keyframe of one owner",
    "owner": "One owner's library",
}


def entity(name: EntityName) -> Entity:
    """Return Feast's entity of a photo or an owner."""
    from feast import Entity, ValueType

    return Entity(name=name, join_keys=[f"{name}_id"], value_type=ValueType.STRING, description=_ENTITY_TEXT[name])


def source(view: View, root: str, endpoint: str = "") -> FileSource:
    """Return where the view's files lie: below `root`, an absolute folder or s3://bucket/prefix."""
    from feast import FileSource
    from feast.data_format import ParquetFormat

    return FileSource(
        name=f"{view.name}_lake",
        path=f"{root.rstrip('/')}/features/{view.name}",
        file_format=ParquetFormat(),
        timestamp_field=EVENT_TIMESTAMP,
        created_timestamp_column=CREATED_TIMESTAMP,
        s3_endpoint_override=endpoint or None,
    )


def feature_view(view: View, of: Entity, batch_source: FileSource) -> FeatureView:
    """Return Feast's view."""
    from feast import FeatureView, Field
    from feast.types import Array, Bool, Float32, Int32, Int64, String

    types: dict[str, Any] = {
        "float32": Float32,
        "int32": Int32,
        "int64": Int64,
        "string": String,
        "bool": Bool,
        "floats": Array(Float32),
    }
    fields = [Field(name=c.name, dtype=types[c.dtype], description=c.text) for c in view.columns]
    return FeatureView(
        name=view.name,
        entities=[of],
        ttl=timedelta(days=view.ttl_days),
        schema=[Field(name=view.key, dtype=String), *fields],
        source=batch_source,
        online=True,
        description=view.text,
        tags={"about": view.entity},
    )


def feature_service(service: Service, views: Sequence[FeatureView]) -> FeatureService:
    """Return Feast's service over views that have been built."""
    from feast import FeatureService

    by_name = {view.name: view for view in views}
    picked = [by_name[name][list(features)] for name, features in service.features.items()]
    return FeatureService(name=service.name, features=picked, description=service.text)


def all_objects(root: str, endpoint: str = "") -> list[Any]:
    """Return everything that the registry should hold, for a lake below `root`."""
    entities = {name: entity(name) for name in _ENTITY_TEXT}
    views = [feature_view(view, entities[view.entity], source(view, root, endpoint)) for view in VIEWS]
    return [*entities.values(), *views, *(feature_service(service, views) for service in SERVICES)]
