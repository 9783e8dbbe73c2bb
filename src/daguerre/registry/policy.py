"""What a product asks of a release before it may answer: one YAML file per product, read strictly."""

from __future__ import annotations

import base64
import binascii
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from daguerre.registry.events import RegistryError
from daguerre.storage.canonical import canonical_json
from daguerre.storage.digest import sha256_hex
from daguerre.storage.strict_yaml import load_yaml
from daguerre.workspace import Workspace


class PolicyError(RegistryError):
    """The policy of a product cannot be used."""

    exit_code = 2


class Gate(StrEnum):
    """Something that a release must have behind it before production may point at it."""

    #: A key that the policy trusts signed its manifest.
    SIGNED = "signed"
    #: The last validation passed.
    VALIDATED = "validated"
    #: A sample was embedded and asked, so that people knew the price.
    SAMPLED = "sampled"
    #: Enough of the right people said yes.
    APPROVED = "approved"
    #: Its space holds every photo.
    COMPLETE = "complete"
    #: Its index finds what an exact search finds.
    INDEX_AUDITED = "index_audited"
    #: An experiment says PROMOTE, or somebody answered for overriding it.
    EXPERIMENT = "experiment"
    #: It was asked in the shadow often enough, and agreed enough.
    SHADOWED = "shadowed"
    #: It answered a share of the owners for long enough.
    CANARIED = "canaried"


Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Hours = Annotated[float, Field(ge=0, le=24 * 365)]


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Approvals(_Rules):
    """How many people have to say yes, and who counts; nobody named: anybody."""

    needed: int = Field(default=1, ge=1)
    who: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _enough(self) -> Approvals:
        if self.who and len(set(self.who)) < self.needed:
            raise ValueError(f"{self.needed} approvals are needed of {len(set(self.who))} people")
        return self


class CanaryRule(_Rules):
    """How large a canary's share may become, by how much a step may raise it, how long it has to run."""

    largest_share: Share = 0.5
    largest_step: Share = 0.5
    hours: Hours = 1.0


class ShadowRule(_Rules):
    """Share of queries in the shadow, how many make a comparison, how much of the top 10 both have to share."""

    share: Share = 0.1
    queries: int = Field(default=200, ge=1)
    min_overlap: Share = 0.2


class GuardLimits(_Rules):
    """What a release that answers must keep to; a breach rolls it back by itself.

    Attributes:
        latency_p99_ratio: Its p99 over what production had before it.
        error_share: Failed answers of all answers.
        recall_at_10: Floor of its index against exact search.
        nothing_found_ratio: Its share of answers with nothing good over what production had.
        drift: What drifted signals mean.
        min_answers: Fewest answers of a promoted release that end its probation well; with fewer it goes on.
    """

    latency_p99_ratio: Positive = 3.0
    error_share: Share = 0.01
    recall_at_10: Share = 0.95
    nothing_found_ratio: Positive = 1.5
    drift: Literal["block", "warn", "ignore"] = "warn"
    min_answers: int = Field(default=50, ge=0)


class ValidationLimits(_Rules):
    """Bounds of the validation: cosine to the golden vectors, speed as ratio to production in the same run."""

    min_cosine: Share = 0.9999
    min_throughput_ratio: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.25
    max_latency_ratio: Positive = 4.0


class Policy(_Rules):
    """The rules of one product. The defaults are those of a small installation."""

    product: str = Field(min_length=1)
    allow_unsigned: bool = True
    trusted_keys: tuple[str, ...] = Field(default=(), description="Ed25519 public keys, raw bytes in base64.")
    required: tuple[Gate, ...] = (
        Gate.VALIDATED,
        Gate.SAMPLED,
        Gate.APPROVED,
        Gate.COMPLETE,
        Gate.INDEX_AUDITED,
        Gate.EXPERIMENT,
    )
    approvals: Approvals = Approvals()
    canary: CanaryRule = CanaryRule()
    shadow: ShadowRule = ShadowRule()
    bake_hours: Hours = 24.0
    guards: GuardLimits = GuardLimits()
    validation: ValidationLimits = ValidationLimits()

    @field_validator("trusted_keys")
    @classmethod
    def _are_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for key in keys:
            try:
                raw = base64.b64decode(key, validate=True)
            except binascii.Error as e:
                raise ValueError(f"{key!r} is not base64") from e
            if len(raw) != 32:
                raise ValueError(f"{key!r} has {len(raw)} bytes, an Ed25519 public key has 32")
        return keys

    @model_validator(mode="after")
    def _signatures_make_sense(self) -> Policy:
        if not self.allow_unsigned and Gate.SIGNED not in self.required:
            raise ValueError("allow_unsigned is false, so `required` has to list `signed`")
        if Gate.SIGNED in self.required and not self.trusted_keys:
            raise ValueError("`signed` is required, but trusted_keys is empty: nothing could ever pass")
        return self

    @property
    def digest(self) -> str:
        """Return the sha256 of what the policy says, whatever its file looks like."""
        return sha256_hex(canonical_json(self.model_dump(mode="json")))


def load_policy(ws: Workspace) -> Policy:
    """Read `<product>.yaml` from the folder of policies; without that file the defaults hold.

    Raises:
        PolicyError: a key is unknown or has a value that it cannot have; says which, and of which file.
    """
    product = ws.settings.product
    path = ws.settings.policies / f"{product}.yaml"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Policy(product=product)
    except (OSError, UnicodeDecodeError) as e:
        raise PolicyError(f"{path}: {e}") from e
    policy = _parse(path, text)
    if policy.product != product:
        raise PolicyError(f"{path}: product is {policy.product!r}", fix=f"Write `product: {product}`.")
    return policy


def _parse(path: Path, text: str) -> Policy:
    try:
        # Through JSON, where a strict model still takes a list for a tuple and a word for a gate.
        return Policy.model_validate_json(json.dumps(load_yaml(text), default=str))
    except ValidationError as e:
        first = e.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the file"
        raise PolicyError(f"{path}: {key}: {first['msg']}") from e
    except ValueError as e:
        raise PolicyError(f"{path}: {e}") from e
