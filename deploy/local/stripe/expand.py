"""`expand[]`: ids replaced by the objects they name, up to four levels deep."""

from __future__ import annotations

import copy

from .errors import Json, invalid
from .store import Query, Tx

_DEEPEST = 4
_NAMES = {
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "charge": "charge",
    "payment_method": "payment_method",
}


def expanded(tx: Tx, body: Json, paths: list[str]) -> Json:
    """A copy of an object or a list with each dotted path expanded."""
    result = copy.deepcopy(body)
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise invalid(f"You cannot expand more than {_DEEPEST} levels of a property ({path}).", "expand")
        _expand(tx, result, parts, path)
    return result


def _expand(tx: Tx, node: Json, parts: list[str], path: str) -> None:
    name, rest = parts[0], parts[1:]
    if node.get("object") == "list" and name == "data":
        for item in node["data"]:
            _expand(tx, item, rest, path)
        return
    _expand_field(tx, node, name, path)
    if rest and isinstance(node.get(name), dict):
        _expand(tx, node[name], rest, path)


def _expand_field(tx: Tx, node: Json, name: str, path: str) -> None:
    kind = (node.get("object"), name)
    if kind == ("checkout.session", "line_items"):
        node[name] = _line_items(tx, node)
    elif kind == ("charge", "refunds"):
        refunds = [record.body for record in tx.select(Query("refund", subject=node["payment_intent"]))]
        node[name] = _list(refunds, f"/v1/charges/{node['id']}/refunds")
    elif isinstance(node.get(name), str) and name in _NAMES and kind != ("charge", "payment_method"):
        found = tx.find(_NAMES[name], node[name])
        node[name] = found.body if found else node[name]
    elif name not in node or (node[name] is not None and not isinstance(node[name], dict)):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")


def _line_items(tx: Tx, session: Json) -> Json:
    found = tx.find("checkout.session", session["id"])
    lines = found.private["lines"] if found else []
    return _list(lines, f"/v1/checkout/sessions/{session['id']}/line_items")


def _list(data: list[Json], url: str) -> Json:
    return {"object": "list", "data": data, "has_more": False, "url": url}
