"""What the launchpad asks for, field by field, before something is done to a release."""

import dagster as dg
from pydantic import Field

_RELEASE = Field(
    description="Which release: an alias (candidate, production, previous), a space such as scene-demo-1a2b3c4d, "
    "or at least 8 digits of the digest.",
    min_length=1,
)
_ACTOR = Field(description="Who does this: your name, as it shall stand in the release log for good.", min_length=1)
_REASON = Field(description="Why, in one sentence; it stands in the release log for good.", min_length=1)


class Trial(dg.Config):
    """A release that is to be tried."""

    release: str = _RELEASE
    actor: str = _ACTOR


class Sampling(Trial):
    """A release of which a sample is to be embedded."""

    size: int = Field(default=512, ge=1, description="Photos in the sample, drawn by owner and year.")


class Move(Trial):
    """A release that is to be moved, and why."""

    reason: str = _REASON


class Share(Move):
    """A release that is to get a part of the queries."""

    share: float = Field(ge=0, le=1, description="Part of the queries or of the owners, from 0 to 1; 0 ends it.")


class Promotion(Move):
    """A release that is to answer from now on."""

    override_reason: str = Field(
        default="",
        description="Leave it empty, unless you answer for the rules of the policy that are not met; the log then "
        "lists them with this reason. Missing photos, a failed validation and a broken signature cannot be overridden.",
    )


class Return(dg.Config):
    """An alias that is to give up what it points at."""

    alias: str = Field(
        default="production",
        description="production: what answered before answers again. candidate: the attempt is given up. "
        "previous: the way back is given up.",
    )
    actor: str = _ACTOR
    reason: str = _REASON


class Experiment(dg.Config):
    """An experiment that is to be run."""

    spec: str = Field(
        default="",
        description="The experiment's YAML, or the path of its file. Empty: the spec that is stored under the "
        "partition's name, else the usual experiment about the candidate.",
    )
    actor: str = _ACTOR
