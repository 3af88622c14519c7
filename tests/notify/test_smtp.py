"""Handing messages to real SMTP servers: one that takes them, and ones that don't."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
import pytest
from aiosmtpd.controller import Controller

from deploy.local import addresses
from deploy.local.stack import Stack
from services.chassis import telemetry
from services.notify.adapters.smtp import SmtpMails, server_of
from services.notify.api import mapping
from services.notify.domain.deliveries import Delivery, Postponed, Refused
from tests.notify.conftest import a_contact, a_delivery, a_renderer, confirmed
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.stack
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


class Answering:
    """An SMTP server's handler that answers as told, or hangs up, where it is told nothing."""

    def __init__(self, stage: str, reply: str | None) -> None:
        self.stage = stage
        self.reply = reply

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.stage == "MAIL" and self.reply:
            return self.reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.stage == "RCPT" and self.reply:
            return self.reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.reply is None:
            server.transport.close()
            return "250 too late"
        return self.reply if self.stage == "DATA" else "250 OK"


@pytest.fixture
def answering() -> Iterator[Callable[[str, str | None], SmtpMails]]:
    """Starts servers: given the stage and the reply, a client of one."""
    running: list[Controller] = []

    def start(stage: str, reply: str | None) -> SmtpMails:
        controller = Controller(Answering(stage, reply), hostname="127.0.0.1", port=free_port())
        controller.start()
        running.append(controller)
        return mails(f"smtp://127.0.0.1:{controller.port}")

    yield start
    for controller in running:
        controller.stop()


def mails(url: str) -> SmtpMails:
    return SmtpMails(url, "shop@shop.test", "Shopmesh", 5.0, a_renderer())


def delivery(**given: Any) -> Delivery:
    return a_delivery(mapping.order_confirmed(confirmed(a_contact(**given))))


async def received(stack: Stack, subject: str) -> list[dict[str, Any]]:
    """Messages in the mail catcher with this subject, once there is one."""
    async with httpx.AsyncClient(base_url=f"http://{stack.address('mail')}") as client:

        async def look() -> list[dict[str, Any]]:
            listed = (await client.get("/api/messages/")).json()["data"]
            return [message for message in listed if message["subject"] == subject]

        found = await eventually(look, f"“{subject}” in the mailbox")
        return [(await client.get(f"/api/messages/{one['id']}.json")).json()["data"] for one in found]


async def test_a_message_arrives_with_its_id_its_trace_and_both_bodies(stack: Stack) -> None:
    stack.up(only={"mail"})
    sent = delivery()
    with telemetry.span("purchase", parent=TRACEPARENT):
        await mails(addresses.smtp(stack.installation)).send(sent)
    [message] = await received(stack, sent.subject)
    async with httpx.AsyncClient(base_url=f"http://{stack.address('mail')}") as client:
        source = (await client.get(f"/api/messages/{message['id']}.source")).text
    assert sent.message_id in source
    assert "X-Trace-Id: 0af7651916cd43dd8448eb211c80319c" in source
    assert TRACEPARENT[:36] in source
    assert "text/plain" in source
    assert "text/html" in source


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        ("RCPT", "550 no such user", Refused),
        ("RCPT", "450 mailbox busy", Postponed),
        ("DATA", "554 we do not like it", Refused),
        ("DATA", "451 try later", Postponed),
        ("MAIL", "530 log in first", Postponed),
        ("MAIL", "550 this sender is not verified", Postponed),
    ],
)
async def test_only_a_recipient_or_a_message_is_refused_for_good(
    answering: Callable[[str, str | None], SmtpMails], stage: str, reply: str, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome, match=reply):
        await answering(stage, reply).send(delivery())


async def test_a_server_that_is_away_postpones(answering: Callable[[str, str | None], SmtpMails]) -> None:
    with pytest.raises(Postponed):
        await mails(f"smtp://127.0.0.1:{free_port()}").send(delivery())


async def test_a_server_that_turns_everybody_away_postpones() -> None:
    async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no mail today\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(turn_away, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Postponed, match="554"):
            await mails(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}").send(delivery())


async def test_a_server_without_tls_gets_neither_password_nor_message_and_postpones(
    answering: Callable[[str, str | None], SmtpMails],
) -> None:
    client = answering("DATA", "250 OK")
    port = client._server["port"]
    with pytest.raises(Postponed, match="STARTTLS"):
        await mails(f"smtp://user:password@127.0.0.1:{port}").send(delivery())


async def test_a_server_that_hangs_up_after_the_message_leaves_open_whether_it_took_it(
    answering: Callable[[str, str | None], SmtpMails],
) -> None:
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await answering("DATA", None).send(delivery())


async def test_what_is_no_address_is_refused_and_a_broken_template_postpones() -> None:
    client = mails(f"smtp://127.0.0.1:{free_port()}")
    with pytest.raises(Refused):
        await client.send(delivery(email="nobody"))
    whole = delivery()
    for payload in ({}, {**whole.message.payload, "confirm_time": "no time"}):
        with pytest.raises(Postponed):
            await client.send(replace(whole, message=replace(whole.message, payload=payload)))


def test_a_name_cannot_smuggle_headers() -> None:
    mail: EmailMessage = mails("smtp://mail.test").compose(delivery(display_name="Eve\r\nBcc: all@example.org"))
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].display_name == "Eve Bcc: all@example.org"


def test_a_password_is_only_sent_under_tls() -> None:
    assert server_of("smtp://u%40x:p@mail.test") == {
        "hostname": "mail.test", "port": 587, "use_tls": False, "username": "u@x", "password": "p", "start_tls": True,
    }  # fmt: skip
    assert server_of("smtps://u:p@mail.test")["use_tls"] is True
    assert server_of("smtp://mail.test:25") == {"hostname": "mail.test", "port": 25, "use_tls": False}
    with pytest.raises(ValueError, match="SMTP_URL"):
        server_of("mail.test:25")
