"""Sending by SMTP. Sources: RFC 5321 (reply codes), RFC 5322, RFC 3834 (Auto-Submitted)."""

from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import TemplateError
from opentelemetry.trace import SpanKind

from services.chassis import telemetry
from services.notify.adapters.rendering import Rendered, Renderer
from services.notify.domain.deliveries import Attachment, Delivery, Postponed, Refused

PERMANENT = range(500, 600)


class SmtpMails:
    """The port ``Mails``."""

    def __init__(self, url: str, sender: str, sender_name: str, timeout: float, renderer: Renderer) -> None:
        self._server = server_of(url) | {"timeout": timeout}
        self._sender = Address(display_name=sender_name, addr_spec=sender)
        self._renderer = renderer

    async def send(self, delivery: Delivery, attachments: Sequence[Attachment] = ()) -> None:
        """Hand a delivery over. Refused, Postponed; any other error leaves open whether it was taken."""
        with telemetry.span(
            "smtp send", kind=SpanKind.CLIENT, attributes={"messaging.message.id": delivery.message_id}
        ):
            mail = self.compose(delivery, attachments)
            try:
                await aiosmtplib.send(mail, **self._server)
            except aiosmtplib.SMTPRecipientsRefused as error:
                raise _outcome(error.recipients[0]) from error
            except aiosmtplib.SMTPDataError as error:
                raise _outcome(error) from error
            except aiosmtplib.SMTPConnectError as error:
                raise Postponed(f"the mail server is away: {error}") from error
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
                raise  # perhaps after the message had been taken
            except aiosmtplib.SMTPException as error:
                raise Postponed(f"the mail server does not accept us: {_said(error)}") from error

    def compose(self, delivery: Delivery, attachments: Sequence[Attachment] = ()) -> EmailMessage:
        """The e-mail of a delivery, the same in every attempt. Refused: its address is none; Postponed: no text."""
        recipient, rendered = _recipient(delivery), self._rendered(delivery)
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = recipient
        mail["Subject"] = delivery.subject
        mail["Message-ID"] = delivery.message_id
        mail["Date"] = format_datetime(delivery.create_time)
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = rendered.language
        mail["X-Trace-Id"] = telemetry.current_trace_id()
        mail["traceparent"] = telemetry.current_traceparent()
        mail.set_content(rendered.text)
        mail.add_alternative(rendered.html, subtype="html")
        for file in attachments:
            maintype, _, subtype = file.content_type.partition("/")
            mail.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
        return mail

    def _rendered(self, delivery: Delivery) -> Rendered:
        try:
            return self._renderer.render(delivery)
        except (TemplateError, LookupError, TypeError, ValueError) as error:
            raise Postponed(f"the template fails, and can be mended: {error!r}") from error


def _recipient(delivery: Delivery) -> Address:
    """Whom it goes to; Refused where the address is none."""
    message = delivery.message
    try:
        # A name is one line in a header, whatever was typed.
        return Address(display_name=" ".join(message.display_name.split()), addr_spec=message.recipient)
    except (MessageError, ValueError) as error:
        raise Refused(f"no e-mail can be made of it: {error}") from error


def server_of(url: str) -> dict[str, Any]:
    """The mail server's address as aiosmtplib takes it. A password never goes over the wire in plain text."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL must be smtp://host:port or smtps://host:port")
    tls = parts.scheme == "smtps"
    server: dict[str, Any] = {"hostname": parts.hostname, "port": parts.port or (465 if tls else 587), "use_tls": tls}
    if parts.username:
        server |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        server |= {"start_tls": None if tls else True}
    return server


def _outcome(error: aiosmtplib.SMTPResponseException) -> Refused | Postponed:
    """What the code says, where it answers the recipient or the message: elsewhere it speaks of us, not of them."""
    return Refused(_said(error)) if error.code in PERMANENT else Postponed(_said(error))


def _said(error: aiosmtplib.SMTPException) -> str:
    return f"{error.code} {error.message}" if isinstance(error, aiosmtplib.SMTPResponseException) else error.message
