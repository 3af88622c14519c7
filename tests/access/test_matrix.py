"""Who may call what: every public method by every kind of caller, as its contract says."""

import grpc
import pytest
from shopmesh.options.v1 import options_pb2 as options

from services.chassis.rules import Method
from tests.access.builders import BUILDERS
from tests.access.contracts import public_methods
from tests.access.world import Caller, World, call

ALLOWED = "allowed"
ADMITTED_BUT = {
    "InvoiceService.GetInvoice": "NOT_FOUND",  # nothing was confirmed; tests/e2e/test_invoices.py has one that was
    "InvoiceService.GetInvoiceFile": "NOT_FOUND",
    "PaymentService.ReceiveStripeNotice": "INVALID_ARGUMENT",  # whoever calls: Stripe signed nothing
    "PaymentService.RefundPayment": "FAILED_PRECONDITION",  # nothing was paid
}


def expected(method: Method, caller: Caller) -> str:
    """The rule: a set of kinds of callers, any of which suffices; not the owner is told that there is nothing."""
    access, owned = method.access, options.ACCESS_OWNER in method.access
    admitted = {
        options.ACCESS_PUBLIC: set(Caller),
        options.ACCESS_CUSTOMER: set(Caller) - {Caller.ANONYMOUS},
        options.ACCESS_OWNER: {Caller.OWNER},
        options.ACCESS_STAFF: {Caller.STAFF, Caller.ADMIN},
        options.ACCESS_ADMIN: {Caller.ADMIN},
    }
    if any(caller in admitted[each] for each in access):
        return ALLOWED
    if owned:
        return "NOT_FOUND"
    return "UNAUTHENTICATED" if caller is Caller.ANONYMOUS else "PERMISSION_DENIED"


def test_every_public_method_has_a_request_here() -> None:
    assert set(BUILDERS) == set(public_methods())


@pytest.mark.stack
@pytest.mark.parametrize("caller", list(Caller))
@pytest.mark.parametrize("name", sorted(public_methods()))
async def test_a_method_admits_whom_its_contract_names(
    world: World, edge: grpc.aio.Channel, name: str, caller: Caller
) -> None:
    method = public_methods()[name]
    request = await BUILDERS[name](world)
    try:
        await call(edge, method, request, world.metadata(caller))
        outcome = ALLOWED
    except grpc.aio.AioRpcError as error:
        outcome = error.code().name
    admitted = ADMITTED_BUT.get(name, ALLOWED)
    assert outcome == (admitted if expected(method, caller) == ALLOWED else expected(method, caller))
