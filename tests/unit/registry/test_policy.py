from __future__ import annotations

import base64
import re

import pytest

from daguerre.registry.policy import Gate, Policy, PolicyError, load_policy
from daguerre.settings import PROJECT, load_settings
from daguerre.storage.local import LocalStore
from daguerre.workspace import Workspace

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "policies"
    path.mkdir()
    return path


@pytest.fixture
def ws(tmp_path, folder):
    settings = load_settings(root=str(tmp_path / "root"), policies=folder)
    return Workspace(settings=settings, store=LocalStore(tmp_path / "root", create=True))


def test_without_a_file_the_defaults_hold(ws):
    assert load_policy(ws) == Policy(product="search")


def test_the_shipped_policy_says_the_defaults(ws):
    shipped = Workspace(settings=load_settings(policies=PROJECT / "models/policies"), store=ws.store)
    assert load_policy(shipped) == Policy(product="search")
    text = (PROJECT / "models/policies/search.yaml").read_text()
    for rule, values in Policy(product="search").model_dump(mode="json").items():
        for key in values if isinstance(values, dict) else [rule]:
            assert re.search(rf"^ *{key}:", text, re.MULTILINE), f"{key} is not written there"
    for gate in Gate:
        assert f"#   {gate} " in text, f"{gate} is not explained"


def test_a_file_changes_what_it_names(ws, folder):
    (folder / "search.yaml").write_text(
        f"product: search\nallow_unsigned: false\ntrusted_keys: ['{KEY}']\nrequired: [signed, complete]\n"
        "approvals: {needed: 2, who: [ada, bob, eve]}\nbake_hours: 1\nguards: {drift: block}\n"
    )
    policy = load_policy(ws)
    assert policy.required == (Gate.SIGNED, Gate.COMPLETE)
    assert (policy.approvals.needed, policy.approvals.who) == (2, ("ada", "bob", "eve"))
    assert (policy.bake_hours, policy.guards.drift, policy.guards.error_share) == (1.0, "block", 0.01)
    assert policy.canary == Policy(product="search").canary


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file"),
        ("[]", "the file"),
        ("product: [", "expected"),
        ("product: faces", "product is 'faces'"),
        ("{product: search, colour: red}", "colour: Extra inputs"),
        ("{product: search, canary: {largest_shaer: 0.5}}", r"canary\.largest_shaer: Extra inputs"),
        ("{product: search, required: [validated, blessed]}", r"required\.1"),
        ("{product: search, bake_hours: '24'}", "bake_hours"),
        ("{product: search, bake_hours: -1}", "bake_hours"),
        ("{product: search, bake_hours: .inf}", "bake_hours"),
        ("{product: search, canary: {largest_step: 1.5}}", r"canary\.largest_step"),
        ("{product: search, allow_unsigned: 'no'}", "allow_unsigned"),
        ("{product: search, guards: {latency_p99_ratio: .nan}}", r"guards\.latency_p99_ratio"),
        ("{product: search, guards: {drift: panic}}", r"guards\.drift"),
        ("{product: search, approvals: {needed: 0}}", r"approvals\.needed"),
        ("{product: search, approvals: {needed: 2, who: [ada, ada]}}", "2 approvals are needed of 1 people"),
        ("{product: search, trusted_keys: [abc]}", "not base64"),
        ("{product: search, trusted_keys: [AAAA]}", "3 bytes"),
        ("{product: search, allow_unsigned: false}", "list `signed`"),
        ("{product: search, required: [signed]}", "trusted_keys is empty"),
        ("product: search\nbake_hours: 1\nbake_hours: 24\n", "bake_hours is given twice"),
    ],
)
def test_a_mistake_names_file_and_key(ws, folder, text, said):
    (folder / "search.yaml").write_text(text)
    with pytest.raises(PolicyError, match=said) as e:
        load_policy(ws)
    assert "search.yaml" in str(e.value)


def test_the_digest_is_of_what_is_said(ws, folder):
    path = folder / "search.yaml"
    path.write_text("product: search\nbake_hours: 24\n")
    assert load_policy(ws).digest == Policy(product="search").digest
    path.write_text("# tighter\nproduct: search\nbake_hours: 25\n")
    assert load_policy(ws).digest != Policy(product="search").digest
