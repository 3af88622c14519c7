"""Reads the mail catcher and the trace viewer, for the demo and for tests."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import httpx

from deploy.local.installation import Installation


class Mailbox:
    """Every message that the catcher took, whoever it was for."""

    def __init__(self, installation: Installation) -> None:
        self._url = f"http://{installation.address('mail')}/api/messages/"

    def messages(self, recipient: str | None = None) -> Iterator[EmailMessage]:
        """The messages, newest first; only those to `recipient` if it is given."""
        with httpx.Client(trust_env=False) as client:
            page, pages = 1, 1
            while page <= pages:
                answer = client.get(self._url, params={"page": page}).raise_for_status().json()
                page, pages = page + 1, answer["meta"]["pages_total"]
                for each in answer["data"]:
                    if recipient is None or recipient in each["recipients_envelope"]:
                        yield email.message_from_string(each["source"], policy=email.policy.default)


class TraceViewer:
    """The spans of a trace, as Zipkin's v2 JSON."""

    def __init__(self, installation: Installation) -> None:
        self._url = f"http://{installation.address('traces')}/api/v2/trace"

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        """The trace's spans so far; empty where the viewer has none yet."""
        answer = httpx.get(f"{self._url}/{trace_id}", trust_env=False)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        spans: list[dict[str, Any]] = answer.raise_for_status().json()
        return spans
