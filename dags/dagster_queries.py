"""The GraphQL that is spoken to Dagster, as its web server of version 1.13 understands it."""

LAUNCH_BACKFILL = """
mutation LaunchBackfill($backfill: LaunchBackfillParams!) {
  answer: launchPartitionBackfill(backfillParams: $backfill) {
    __typename
    ... on LaunchBackfillSuccess { id: backfillId }
    ... on Error { message }
  }
}"""

REEXECUTE_BACKFILL = """
mutation ReexecuteBackfill($id: String!) {
  answer: reexecutePartitionBackfill(reexecutionParams: { parentRunId: $id, strategy: FROM_FAILURE }) {
    __typename
    ... on LaunchBackfillSuccess { id: backfillId }
    ... on Error { message }
  }
}"""

LAUNCH_RUN = """
mutation LaunchRun($run: ExecutionParams!) {
  answer: launchRun(executionParams: $run) {
    __typename
    ... on LaunchRunSuccess { run { id } }
    ... on Error { message }
  }
}"""

REEXECUTE_RUN = """
mutation ReexecuteRun($id: String!) {
  answer: launchRunReexecution(reexecutionParams: { parentRunId: $id, strategy: FROM_FAILURE }) {
    __typename
    ... on LaunchRunSuccess { run { id } }
    ... on Error { message }
  }
}"""

CANCEL_BACKFILL = """
mutation CancelBackfill($id: String!) {
  answer: cancelPartitionBackfill(backfillId: $id) {
    __typename
    ... on Error { message }
  }
}"""

CANCEL_RUN = """
mutation CancelRun($id: String!) {
  answer: terminateRun(runId: $id, terminatePolicy: SAFE_TERMINATE) {
    __typename
    ... on TerminateRunFailure { message }
    ... on Error { message }
  }
}"""

# Backfills cannot be filtered by tag; they come newest first, in pages.
BACKFILLS = """
query Backfills($since: Float!, $cursor: String, $limit: Int!) {
  answer: partitionBackfillsOrError(filters: { createdAfter: $since }, cursor: $cursor, limit: $limit) {
    __typename
    ... on PartitionBackfills { results { id status tags { key value } } }
    ... on Error { message }
  }
}"""

RUNS = """
query Runs($filter: RunsFilter!, $limit: Int!) {
  answer: runsOrError(filter: $filter, limit: $limit) {
    __typename
    ... on Runs { results { id status tags { key value } } }
    ... on Error { message }
  }
}"""

BACKFILL = """
query Backfill($id: String!) {
  answer: partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill {
      id
      status
      tags { key value }
      error { message }
      assetBackfillData {
        assetBackfillStatuses {
          ... on AssetPartitionsStatusCounts {
            assetKey { path }
            numPartitionsTargeted
            numPartitionsMaterialized
          }
        }
      }
    }
    ... on Error { message }
  }
}"""

RUN = """
query Run($id: ID!) {
  answer: runOrError(runId: $id) {
    __typename
    ... on Run { id status tags { key value } }
    ... on Error { message }
  }
}"""

# Failures are few among a run's events but may be anywhere, so its log is read in pages.
RUN_FAILURES = """
query RunFailures($id: ID!, $cursor: String) {
  answer: logsForRun(runId: $id, afterCursor: $cursor) {
    __typename
    ... on EventConnection {
      cursor
      hasMore
      events {
        __typename
        ... on ExecutionStepFailureEvent { stepKey error { message errorChain { error { message } } } }
        ... on RunFailureEvent { message error { message } }
      }
    }
    ... on Error { message }
  }
}"""

ASSETS = """
query Assets($assets: [AssetKeyInput!]!) {
  answer: assetNodes(assetKeys: $assets) {
    assetKey { path }
    repository { name location { name } }
    partitions: assetPartitionStatuses {
      ... on DefaultPartitionStatuses {
        failedPartitions
        materializingPartitions
        unmaterializedPartitions
      }
    }
  }
}"""
