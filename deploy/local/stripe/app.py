"""The web application: the API under /v1, the hosted pages, the control API, and two background tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from . import ids, intents, reading, refunds, sessions
from .api import Api, Barriers
from .control_api import ControlApi
from .delivery import Deliverer
from .errors import ApiError
from .pages import Pages
from .settings import Settings
from .store import Store

ENDPOINTS = (*sessions.ENDPOINTS, *intents.ENDPOINTS, *refunds.ENDPOINTS, *reading.ENDPOINTS)
_EXPIRY_LOOK_S = 0.5
_CORS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "POST"],
    allow_headers=["*"],
    expose_headers=["Request-Id", "Idempotent-Replayed"],
)


def create_app(settings: Settings) -> Starlette:
    """The stand-in over one state directory."""
    store = Store(settings)
    deliverer = Deliverer(store)
    barriers = Barriers()
    api = Api(store, deliverer, barriers)
    routes = [
        Route(endpoint.path.removeprefix("/v1"), api.handler(endpoint), methods=[endpoint.method])
        for endpoint in ENDPOINTS
    ]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(deliverer.run()), asyncio.create_task(_expire_sessions(store, deliverer))]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        store.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            Mount("/v1", routes=[*routes, Route("/{path:path}", _unknown)], middleware=[_CORS]),
            Mount("/_control", routes=ControlApi(store, deliverer, barriers).routes()),
            *Pages(store, deliverer).routes(),
        ],
    )


async def _unknown(request: Request) -> JSONResponse:
    error = ApiError(
        404,
        f"Unrecognized request URL ({request.method}: {request.url.path}). "
        "Please see https://stripe.com/docs or the README of the stand-in for what it serves.",
    )
    request_id = ids.new_id("req_", 14)
    return JSONResponse(error.body(request_id), 404, {"Request-Id": request_id})


async def _expire_sessions(store: Store, deliverer: Deliverer) -> None:
    while True:
        with store.transaction() as tx:
            expired = sessions.expire_due(tx)
        if expired:
            deliverer.wake()
        await asyncio.sleep(_EXPIRY_LOOK_S)
