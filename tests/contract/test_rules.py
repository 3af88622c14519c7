"""What every method declares."""

import re

import pytest

from deploy.edge.contracts import Contracts, Method
from deploy.edge.openapi.operations import VARIABLE
from deploy.edge.settings import SERVICES

READS = "NO_SIDE_EFFECTS"
PATH = re.compile(r"^/api/v1/[a-z][a-z0-9/{}_.:-]*(:[a-z][A-Za-z]*)?$")
DOCUMENTS_AND_HOOKS = {"/.well-known/jwks.json", "/webhooks/stripe"}
VALIDATION = "buf.validate.field"


def of(contracts: Contracts, **wanted: object) -> list[Method]:
    found = [m for m in contracts.methods if all(getattr(m, name) == value for name, value in wanted.items())]
    assert found
    return found


def test_every_method_says_who_may_call_it(contracts: Contracts) -> None:
    for method in contracts.methods:
        assert bool(method.access) != bool(method.callers), f"{method.full_name}: access or callers, one of them"
        assert "UNSPECIFIED" not in method.access, method.full_name


def test_internal_methods_lie_in_internal_services_and_have_no_address(contracts: Contracts) -> None:
    for method in contracts.methods:
        internal = method.service.endswith("InternalService")
        assert internal == bool(method.callers), method.full_name
        assert not (internal and method.bindings), f"{method.full_name} is internal and has a REST address"


def test_callers_are_services_and_others(contracts: Contracts) -> None:
    for method in of(contracts, public=False):
        assert set(method.callers) <= set(SERVICES) - {method.owner}, method.full_name


def test_every_method_has_a_deadline_unless_it_streams(contracts: Contracts) -> None:
    for method in contracts.methods:
        assert bool(method.deadline_ms) != method.streams, method.full_name
        assert method.deadline_ms <= 10_000, method.full_name


def test_what_changes_something_declares_its_repeats(contracts: Contracts) -> None:
    for method in contracts.methods:
        assert (method.idempotency == READS) == (method.deduplication == "UNSPECIFIED"), method.full_name


def test_what_may_be_repeated_says_so(contracts: Contracts) -> None:
    for method in contracts.methods:
        if method.deduplication in ("REQUEST_ID", "NATURAL_KEY"):
            assert method.idempotency == "IDEMPOTENT", method.full_name


def test_reads_are_gets_and_gets_are_reads(contracts: Contracts) -> None:
    for method in contracts.public_methods:
        for binding in method.bindings:
            assert (binding.verb == "GET") == (method.idempotency == READS), method.full_name


def test_a_request_id_is_a_uuid(contracts: Contracts) -> None:
    for method in of(contracts, deduplication="REQUEST_ID"):
        field = method.descriptor.input_type.fields_by_name.get("request_id")
        assert field is not None, method.full_name
        assert contracts.option(field.GetOptions(), VALIDATION).string.uuid, method.full_name


def test_nobody_else_has_a_request_id(contracts: Contracts) -> None:
    for method in contracts.methods:
        if method.deduplication != "REQUEST_ID":
            assert "request_id" not in method.descriptor.input_type.fields_by_name, method.full_name


def test_addresses_follow_one_shape_and_are_unique(contracts: Contracts) -> None:
    seen: dict[tuple[str, str], str] = {}
    for method in contracts.public_methods:
        for binding in method.bindings:
            assert PATH.match(binding.path) or binding.path in DOCUMENTS_AND_HOOKS, binding.path
            shape = (binding.verb, VARIABLE.sub("*", binding.path))
            assert shape not in seen, f"{method.full_name} and {seen.get(shape)} are both at {shape}"
            seen[shape] = method.full_name


def test_unary_public_methods_have_an_address(contracts: Contracts) -> None:
    without = {method.name for method in contracts.public_methods if not method.bindings}
    assert without == {"WatchOrder"}, "browsers read its twin WatchOrderEvents"


def test_lists_are_paged(contracts: Contracts) -> None:
    for method in contracts.public_methods:
        if method.name.startswith("List"):
            request, response = method.descriptor.input_type, method.descriptor.output_type
            assert {"page_size", "page_token"} <= set(request.fields_by_name), method.full_name
            assert response.fields_by_number[1].is_repeated, method.full_name
            assert response.fields_by_number[2].name == "next_page_token", method.full_name


def test_updates_are_patches_with_a_mask(contracts: Contracts) -> None:
    for method in contracts.public_methods:
        if method.name.startswith("Update"):
            assert "update_mask" in method.descriptor.input_type.fields_by_name, method.full_name
            assert {binding.verb for binding in method.bindings} == {"PATCH"}, method.full_name


@pytest.mark.parametrize("details", ["ErrorInfo", "BadRequest", "PreconditionFailure", "QuotaFailure", "RetryInfo"])
def test_the_descriptor_set_holds_every_error_detail(contracts: Contracts, details: str) -> None:
    """Without them the edge cannot turn a service's error into JSON."""
    assert contracts.pool.FindMessageTypeByName(f"google.rpc.{details}")
