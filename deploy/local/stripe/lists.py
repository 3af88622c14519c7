"""Stripe's list objects: newest first, a cursor either way, `has_more`."""

from __future__ import annotations

from dataclasses import replace

from .calls import Call, Endpoint, Handler
from .errors import Json, resource_missing
from .params import EXPAND, LISTING, Fields, Text
from .store import Query, Tx

_ONE = Fields({"expand": EXPAND})


def listing(tx: Tx, call: Call, query: Query) -> Json:
    """The page that the request's cursor and limit ask for."""
    limit = call.params.get("limit", 10)
    query = replace(
        query,
        created=call.params.get("created", {}),
        limit=limit + 1,
        before_seq=_seq(tx, call, query.kind, "starting_after"),
        after_seq=_seq(tx, call, query.kind, "ending_before"),
    )
    found = tx.select(query)
    page = [record.body for record in found[:limit]]
    if query.after_seq is not None:
        page.reverse()
    return {"object": "list", "url": call.path, "has_more": len(found) > limit, "data": page}


def _seq(tx: Tx, call: Call, kind: str, param: str) -> int | None:
    if param not in call.params:
        return None
    found = tx.find(kind, call.params[param])
    if not found:
        raise resource_missing(kind, call.params[param], param)
    return found.seq


def retriever(kind: str, param: str) -> Handler:
    """A handler that answers one object of a kind; `param` is what Stripe's 404 names."""

    def retrieve(tx: Tx, call: Call) -> Json:
        found = tx.find(kind, call.id)
        if not found:
            raise resource_missing(kind, call.id, param)
        return found.body

    return retrieve


def lister(kind: str) -> Handler:
    """A handler that lists a kind, all or of one payment intent."""

    def list_all(tx: Tx, call: Call) -> Json:
        return listing(tx, call, Query(kind, subject=call.params.get("payment_intent")))

    return list_all


def readable(path: str, kind: str, param: str) -> tuple[Endpoint, Endpoint]:
    """The two reading endpoints of a kind."""
    shape = Fields(LISTING | {"payment_intent": Text(), "expand": EXPAND})
    return (
        Endpoint("GET", path, shape, lister(kind)),
        Endpoint("GET", path + "/{id}", _ONE, retriever(kind, param)),
    )
