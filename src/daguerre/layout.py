"""Where everything lies below one root. Keys use forward slashes and never begin with one."""

from __future__ import annotations

from urllib.parse import quote

from daguerre.ids import BatchKey, SpaceName, batch_number

LANDING = "landing/"
RELEASES = "releases/"
RANKERS = "rankers/"
REPORTS = "reports/"
LEDGER = "ledger/"
EXPERIMENTS = "experiments/"
#: Triton's model repository.
TRITON = "triton"

PHOTOS = "tables/photos.lance"
OBJECTS = "tables/objects.lance"
REJECTED = "tables/rejected.lance"
DESCRIPTORS = "tables/descriptors.lance"
DUPLICATES = "curation/duplicates.lance"
VERDICTS = "curation/verdicts.lance"
EDGES = "curation/edges.lance"
EVENTS = "curation/events.lance"
THEMES = "curation/themes.lance"
CORRECTIONS = "curation/corrections.lance"
MEMORIES = "curation/memories.lance"
SHOWN = "curation/shown.lance"
EXCLUSIONS = "curation/exclusions/"


def manifest(batch: BatchKey) -> str:
    """Return the key of a sealed manifest; its number alone names it, so two landings collide on purpose."""
    return f"{LANDING}{batch_number(batch):08d}.json"


def packs(batch: BatchKey) -> str:
    """Return the folder of the packs of one batch."""
    return f"proxies/{batch}/"


def pack(batch: BatchKey, unit: int, version: str) -> str:
    """Return the key of the pack of proxies and thumbnails of one unit.

    The version is of the unit's contents and of the code: a pack that is made anew never has the name of one that
    rows still point into.
    """
    return f"{packs(batch)}{unit:04d}-{version}.pack"


def photo_units(batch: BatchKey) -> str:
    """Return the folder of the checkpoints of the photos stage."""
    return f"{LEDGER}photos/{batch}/"


def unit_rows(batch: BatchKey, unit: int) -> str:
    """Return the key of the checkpoint of one unit of the photos stage."""
    return f"{photo_units(batch)}{unit:04d}.parquet"


def vectors(space: SpaceName, shard: int = 0) -> str:
    """Return the key of one shard of a space's vector table."""
    return f"vectors/{space}/shard={shard:04d}.lance"


def snapshot(space: SpaceName) -> str:
    """Return the key of the record that names the readable version of a space."""
    return f"vectors/{space}/snapshot.json"


def feature_view(view: str) -> str:
    """Return the folder of one feature view on Feast's offline side."""
    return f"features/{view}"


def release(digest: str) -> str:
    """Return the folder of one release."""
    return f"{RELEASES}{digest}"


def ranker(digest: str) -> str:
    """Return the folder of one learnt ranker."""
    return f"{RANKERS}{digest}"


def event(product: str, number: int) -> str:
    """Return the key of event `number` in the log of one product."""
    return f"registry/{product}/log/{number:08d}.json"


def exclusions(owner: str) -> str:
    """Return the folder of the versions of one owner's exclusion rules."""
    return f"{EXCLUSIONS}{quote(owner, safe='')}/"


def event_snapshot(product: str, number: int) -> str:
    """Return the key of what the first `number` events of a product fold into; it may be deleted at any time."""
    return f"registry/{product}/folds/{number:08d}.json"


def evidence(product: str, sha256: str) -> str:
    """Return the key of a document that an event rests on, named by its content."""
    return f"registry/{product}/evidence/{sha256}.json"


def signature(digest: str) -> str:
    """Return the key of the signature over a release's manifest."""
    return f"{RELEASES}{digest}/manifest.sig.json"


def abstention(space: SpaceName) -> str:
    """Return the key of the score from which on an answer of this space counts as one."""
    return f"vectors/{space}/abstention.json"


def traffic(product: str) -> str:
    """Return the folder in which search processes say what they answered."""
    return f"{REPORTS}traffic/{product}/"


def experiment(name: str) -> str:
    """Return the folder of one experiment: its spec, its record, what people decided against it."""
    return f"{EXPERIMENTS}{name}/"


def rehearsal(digest: str) -> str:
    """Return the key of the table in which a release's sample tries out writing; it may be deleted at any time."""
    return f"scratch/sample-{digest[:12]}.lance"
