"""The content of a record, made by hand."""

from __future__ import annotations

from typing import Any

from daguerre.quality.experiments.measuring import METRICS


def row(metric: str, where: str = "all", **changes: object) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "metric": metric, "slice": where, "role": "success", "relative": False, "production": 0.5, "candidate": 0.6,
        "delta": 0.1, "low": 0.05, "high": 0.15, "level": 0.95, "margin": 0.0, "mde": 0.02, "n": 40, "clusters": 4,
        "detectable": 0.07, "needed": None, "status": "better", "said": f"{metric} is surely better", "caveat": "",
    }  # fmt: skip
    return blank | changes


def query(number: int, before: float, after: float, **changes: object) -> dict[str, Any]:
    def side(value: float, first: str) -> dict[str, Any]:
        shown = [[first, 0.3, value > 0], ["p9", 0.2, False]]
        return {"values": {"ndcg_at_10": value, "latency_ms": 5.0}, "nothing": False, "shown": shown}

    blank: dict[str, Any] = {
        "id": f"q{number:02d}", "kind": "text", "text": f"thing <{number}>", "photo_id": "", "owner": "ada",
        "class": "colour", "relevant": 2, "production": side(before, f"a{number}"), "candidate": side(after, "p1"),
    }  # fmt: skip
    return blank | changes


def content(**changes: object) -> dict[str, Any]:
    side = {"space": "toy-00000000", "version": 3, "rows": 90, "ann": False, "partitions": 0, "nprobes": 0, "refine": 0,
            "threshold": None}  # fmt: skip
    cost = {"photos_timed": 90.0, "embedding_s_per_1000": 12.0, "query_ms_mean": 5.0, "query_ms_p50": 4.0}
    blank: dict[str, Any] = {
        "name": "toy",
        "spec": {
            "hypothesis": "It is better.", "owner": "ada & co", "kind": "offline", "lost_max": 0.01, "judged_min": 0.9,
            "cluster": "owner", "metrics": [{"name": "ndcg_at_10", "role": "success", "better": "higher"}],
        },
        "spec_digest": "d" * 64,
        "data": {
            "queries": "e" * 64,
            "right_answers": "f" * 64,
            "production": side | {"release": "1" * 64},
            "candidate": side | {"release": "2" * 64, "space": "toy-11111111"},
        },
        "code": {"daguerre": "0", "experiments": "1"},
        "actor": "ada",
        "at": "2026-03-01T12:00:00+00:00",
        "decision": {"verdict": "PROMOTE", "reason": "ndcg_at_10 is surely better.", "queries_needed": None},
        "rows": [row("ndcg_at_10"), row("ndcg_at_10", "owner=ada", low=-0.2, high=0.4, status="unclear")],
        "faults": [],
        "validity": {"asked": 3, "lost_pairs": 0, "judged_shares": {"production": 1.0, "candidate": 1.0}},
        "queries": [query(1, 0.0, 1.0), query(2, 1.0, 0.25), query(3, 0.5, 0.5)],
        "metrics": METRICS,
        "likeness": {"photos": 90, "overlap": 0.4, "expected": 0.11, "cka": 0.7},
        "cost": {"production": cost, "candidate": cost | {"embedding_s_per_1000": 18.0}},
        "drift": None,
    }  # fmt: skip
    return blank | changes
