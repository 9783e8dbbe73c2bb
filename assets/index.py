"""The readable version of one space, and how well it answers."""

import dagster as dg

from assets import partitions, policy
from assets.checks import RECALL_AGAINST_EXACT, blocking, verdict
from assets.embeddings import embeddings
from assets.resources import Daguerre
from assets.showing import records, shown, stored
from daguerre.ids import parse_space
from daguerre.index.audit import MIN_RECALL


@dg.asset(
    partitions_def=partitions.space,
    deps=[embeddings],
    group_name="search",
    kinds={"lance"},
    tags={"daguerre/reads": "vectors"},
    owners=policy.DATA_TEAM,
    code_version="1",
    pool=policy.INDEX,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
    check_specs=blocking("search_index", RECALL_AGAINST_EXACT),
)
def search_index(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """Scalar and vector indexes over the space, and the snapshot that readers open."""
    from daguerre.stages.index import run_index

    ws = daguerre.workspace(context.run.run_id)
    report = run_index(ws, parse_space(context.partition_key))
    recall, shifted = report.figures["recall_at_10"], report.figures["recall_at_10_shifted"]
    return dg.MaterializeResult(
        metadata=shown(ws, report),
        check_results=[
            verdict(
                RECALL_AGAINST_EXACT,
                bool(report.figures["audit_passed"]),
                said=f"recall@10 {recall:.3f}, away from all photos {shifted:.3f}; the floor is {MIN_RECALL}",
            )
        ],
    )


@dg.asset(
    partitions_def=partitions.space,
    deps=[search_index],
    group_name="search",
    kinds={"python"},
    tags={"daguerre/reads": "vectors"},
    owners=policy.MODEL_TEAM,
    code_version="1",
    pool=policy.INDEX,
    automation_condition=policy.FLOWS,
    retry_policy=policy.RETRY,
)
def search_quality(context: dg.AssetExecutionContext, daguerre: Daguerre) -> dg.MaterializeResult:
    """recall@10, nDCG@10 and MRR on the library's own queries, and the score below which nothing good was found."""
    from daguerre.search.service import SearchService
    from daguerre.stages.search_quality import run_search_quality

    ws = daguerre.workspace(context.run.run_id)
    space = parse_space(context.partition_key)
    with daguerre.encoder(ws, space) as encoder:
        quality = run_search_quality(ws, SearchService(ws, encoder))
    return dg.MaterializeResult(
        metadata={
            "queries": dg.MetadataValue.int(quality.queries),
            "recall_at_10": dg.MetadataValue.float(quality.recall_at_10),
            "ndcg_at_10": dg.MetadataValue.float(quality.ndcg_at_10),
            "mrr": dg.MetadataValue.float(quality.mrr),
            "no_match_queries": dg.MetadataValue.int(quality.no_match_queries),
            "no_match_separation": dg.MetadataValue.float(quality.no_match_separation),
            "nothing_good": dg.MetadataValue.text(quality.calibration.said),
            "false_answer_rate": dg.MetadataValue.float(quality.calibration.false_answers.value),
            "recall_loss": dg.MetadataValue.float(quality.calibration.recall_loss.value),
            "per_owner": records(quality.owner_rows()),
            "per_class": records(quality.class_rows()),
            "report": stored(ws, quality.report_key),
        }
    )
