"""The wiring of auth."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from shopmesh.auth.v1.auth_internal_service_pb2_grpc import add_AuthInternalServiceServicer_to_server
from shopmesh.auth.v1.auth_service_pb2_grpc import add_AuthServiceServicer_to_server

from services.auth.adapters.passwords import Argon2Passwords
from services.auth.adapters.restoring import restored
from services.auth.adapters.sessions import PostgresFailedLogIns, PostgresSessions
from services.auth.adapters.signing_keys import PostgresKeyStore
from services.auth.adapters.users import PostgresUsers
from services.auth.api.commands import Operator, commands
from services.auth.api.internal_servicer import AuthInternalServicer
from services.auth.api.servicer import AuthServicer
from services.auth.api.tasks import purge
from services.auth.settings import Settings
from services.auth.use_cases.access_tokens import AccessTokens
from services.auth.use_cases.accounts import Accounts
from services.auth.use_cases.log_ins import LogIns
from services.chassis.cli import run
from services.chassis.clock import Clock, utc_now
from services.chassis.database import Database
from services.chassis.outbox import Outbox, purge_outbox
from services.chassis.relay import Relay
from services.chassis.restoring import TopicsCheck
from services.chassis.revisions import SchemaCheck
from services.chassis.service import Service
from services.chassis.settings import load
from services.chassis.worker import Worker


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases over one database."""

    database: Database
    accounts: Accounts
    log_ins: LogIns
    tokens: AccessTokens


def core(settings: Settings, clock: Clock = utc_now) -> Core:
    """The use cases that servers, worker and commands share."""
    database = Database(settings)
    users, sessions = PostgresUsers(database, Outbox("auth")), PostgresSessions(database)
    passwords = Argon2Passwords(settings.argon2_parameters(), settings.argon2_threads)
    tokens = AccessTokens(PostgresKeyStore(database, settings.encryption_key()), settings.token_rules(), clock)
    limit = settings.log_in_limit()
    failures = PostgresFailedLogIns(database, limit)
    life = settings.refresh_token_life()
    log_ins = LogIns(
        users, sessions, failures, passwords, tokens, database, clock, limit=limit, refresh_token_life=life
    )
    return Core(database, Accounts(users, sessions, passwords, database, clock), log_ins, tokens)


def assemble(settings: Settings) -> Service:
    """The service."""
    auth = core(settings)
    servicer = AuthServicer(auth.accounts, auth.log_ins, auth.tokens)
    return Service(
        public=[(add_AuthServiceServicer_to_server, servicer)],
        internal=[(add_AuthInternalServiceServicer_to_server, AuthInternalServicer(auth.tokens))],
        fetch_keys=auth.tokens.jwks,
        resources=[auth.database],
        ready={
            "database": auth.database.check,
            "schema": SchemaCheck(auth.database, Path(__file__).parent),
            "topics": TopicsCheck(auth.database, settings.prefix),
        },
        relay=Relay(settings, auth.database, "auth"),
        worker=Worker(
            auth.database,
            {"purge": purge(auth.log_ins, auth.tokens), "purge-outbox": purge_outbox(auth.database)},
            periodic={"purge": timedelta(hours=1), "purge-outbox": timedelta(hours=1)},
        ),
    )


@asynccontextmanager
async def operator() -> AsyncIterator[Operator]:
    """What the commands drive, by this process's settings."""
    auth = core(load(Settings))
    async with auth.database:
        yield Operator(auth.accounts, auth.tokens)


def main() -> None:
    """The command line of auth."""
    run("auth", Settings, assemble, Path(__file__).parent, commands(operator), restored)
