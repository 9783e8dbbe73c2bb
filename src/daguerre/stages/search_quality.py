"""The stage that asks the golden queries."""

from __future__ import annotations

from daguerre import layout
from daguerre.quality.queries import GoldenQuery, find_in_source, load_queries
from daguerre.quality.ranking import DEPTH, Answer
from daguerre.quality.search_report import QualityReport, summarise, to_json
from daguerre.search.service import PhotoNotFoundError, SearchService
from daguerre.storage.canonical import canonical_json
from daguerre.workspace import Workspace


def run_search_quality(ws: Workspace, service: SearchService) -> QualityReport:
    """Ask every golden query that can be asked, score the answers, and keep the report with each answer.

    Queries come with the source (`.daguerre/queries.jsonl`) and stay in the root; without any the report counts none.

    Raises:
        QueriesError: the queries that the source brings cannot be read.
    """
    queries = load_queries(ws, find_in_source(ws))
    answers = {q.id: _ask(service, q) for q in queries if q.answerable or (q.no_match and q.kind == "text")}
    snapshot = service.snapshot
    key = f"{layout.REPORTS}quality/{snapshot.space}/{snapshot.version:08d}.json"
    report, scores = summarise(snapshot.space, queries, answers, report_key=key)
    ws.store.put(key, canonical_json(to_json(report, scores, answers)))
    return report


def _ask(service: SearchService, query: GoldenQuery) -> Answer:
    try:
        if query.kind == "text":
            hits = service.by_text(query.text, owner=query.owner_id, k=DEPTH)
        else:
            hits = service.by_photo(query.photo_id, owner=query.owner_id, k=DEPTH)
    except PhotoNotFoundError:  # a photo without a vector finds nothing, and that counts
        return []
    return [(hit.photo_id, hit.score) for hit in hits]
