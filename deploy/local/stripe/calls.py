"""What a handler of an API request is given, and how requests are declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .errors import Json
from .params import Fields
from .store import Tx


@dataclass(frozen=True)
class Call:
    """One authenticated request with typed parameters; `id` is the object's id where the path has one."""

    method: str
    path: str
    params: Json
    id: str = ""
    publishable: bool = False
    raw: str = ""


Handler = Callable[[Tx, Call], Json]


@dataclass(frozen=True)
class Endpoint:
    """One method and path of the API; `publishable` ones may be called from a browser with the publishable key."""

    method: str
    path: str
    shape: Fields
    handler: Handler
    publishable: bool = False
