"""When things run by themselves: a sensor on the source, a nightly and a weekly schedule, and the flow between."""

from collections.abc import Sequence

import dagster as dg

from assets import jobs, partitions, promotion_jobs
from assets.resources import Daguerre

#: How often the guards are looked at, in seconds.
_LOOK_S = 300


@dg.sensor(
    target=["landed_batch"],
    minimum_interval_seconds=60,
    description="Lists the watched source (DAGUERRE_SOURCE), seals what is new, and starts the new batches.",
)
def landing_sensor(context: dg.SensorEvaluationContext, daguerre: Daguerre) -> dg.SensorResult | dg.SkipReason:
    """Seal what is new in the watched source and request a run for every new batch."""
    from daguerre.landing.landing import land
    from daguerre.landing.manifest import list_batches
    from daguerre.landing.source import open_source

    ws = daguerre.workspace("")
    if not ws.settings.source:
        return dg.SkipReason("no source is watched; set DAGUERRE_SOURCE to a folder or s3://bucket/prefix")
    land(ws, open_source(ws.settings.source), owner=ws.settings.owner)
    # Ask what is sealed, not what this tick sealed: a tick that died after sealing must not leave a batch behind.
    known = set(context.instance.get_dynamic_partitions("batch"))
    new = [batch for batch in list_batches(ws.store) if batch not in known]
    return dg.SensorResult(
        dynamic_partitions_requests=[partitions.batch.build_add_request(new)] if new else [],
        run_requests=[dg.RunRequest(run_key=batch, partition_key=batch) for batch in new],
    )


@dg.schedule(job=jobs.remember, cron_schedule="30 3 * * *", execution_timezone="UTC")
def nightly_curation(context: dg.ScheduleEvaluationContext, daguerre: Daguerre) -> list[dg.RunRequest]:
    """Make today's memories of every owner, through the fewest batches that touch them all."""
    from daguerre.stages.owners import covering_batches

    return _once_a_day(context, covering_batches(daguerre.workspace("")))


@dg.schedule(job=jobs.publish, cron_schedule="0 5 * * 0", execution_timezone="UTC")
def weekly_quality(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """Audit the index and measure search quality of every space."""
    return _once_a_day(context, context.instance.get_dynamic_partitions("space"))


weekly_ranker = dg.ScheduleDefinition(
    name="weekly_ranker",
    job=jobs.rank,
    cron_schedule="30 2 * * 1",
    execution_timezone="UTC",
    description="Learns from what owners cared about, before the night's memories are made.",
)


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Copies what happened to releases from their log into the history of encoder_release.",
)
def release_history(context: dg.SensorEvaluationContext, daguerre: Daguerre) -> dg.SkipReason:
    """Look for new events of the log; one request when there are none."""
    from assets.mirror import mirror
    from daguerre.registry.log import newest_number

    ws = daguerre.workspace("")
    seen = int(context.cursor or 0)
    newest = newest_number(ws, ws.settings.product, seen)
    if newest == seen:
        return dg.SkipReason(f"nothing happened since event {seen}")
    told = mirror(context.instance, ws)
    context.update_cursor(str(newest))
    return dg.SkipReason(f"told {told} events, up to number {newest}")


@dg.sensor(
    job=promotion_jobs.watch_bake,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks at the guards every five minutes while a promotion is on probation or a canary answers.",
)
def probation(context: dg.SensorEvaluationContext, daguerre: Daguerre) -> dg.RunRequest | dg.SkipReason:
    """Ask for a look at the guards, unless nothing is on trial."""
    from daguerre.registry.log import read_state

    ws = daguerre.workspace("")
    state = read_state(ws)
    if not state.baking and not any(release.canary for release in state.releases.values()):
        return dg.SkipReason("nothing is on probation, and no canary answers")
    window = int(ws.clock().timestamp()) // _LOOK_S
    return dg.RunRequest(run_key=f"event {state.number}, window {window}")


@dg.sensor(
    job=jobs.remember,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Makes memories anew for owners who said what they do not want to be reminded of.",
)
def exclusions_changed(context: dg.SensorEvaluationContext, daguerre: Daguerre) -> list[dg.RunRequest] | dg.SkipReason:
    """Ask for runs over few batches that touch every owner whose stored memories are older than the rules."""
    from daguerre.curation.exclusion_log import read_rules
    from daguerre.stages.feed import stale_owners
    from daguerre.stages.owners import covering_batches

    ws = daguerre.workspace("")
    owners = stale_owners(ws)
    if not owners:
        return dg.SkipReason("all memories were made under the rules of today")
    rules = " ".join(f"{owner}:{read_rules(ws, owner).number}" for owner in owners)
    return [dg.RunRequest(run_key=f"{batch} {rules}", partition_key=batch) for batch in covering_batches(ws, owners)]


def _once_a_day(context: dg.ScheduleEvaluationContext, partition_keys: Sequence[str]) -> list[dg.RunRequest]:
    day = context.scheduled_execution_time.date()
    return [dg.RunRequest(run_key=f"{day} {key}", partition_key=key) for key in partition_keys]


flow = dg.AutomationConditionSensorDefinition(
    "flow", target=dg.AssetSelection.all(), description="Lets a new batch flow through by itself."
)
