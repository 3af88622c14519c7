"""The mail catcher, read anew each time but only as far back as not yet known."""

import email
import email.policy
from email.message import EmailMessage

import httpx


class Mailbox:
    """Every message that was caught; `url` is the catcher's address."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)
        self._known: dict[int, tuple[frozenset[str], EmailMessage]] = {}

    async def to(self, recipient: str) -> list[EmailMessage]:
        """The messages to this address, the oldest first."""
        await self._refresh()
        return [message for _, (recipients, message) in sorted(self._known.items()) if recipient in recipients]

    async def _refresh(self) -> None:
        page, pages = 1, 1
        while page <= pages:
            answer = (await self._client.get("/api/messages/", params={"page": page})).raise_for_status().json()
            new = [each for each in answer["data"] if each["id"] not in self._known]
            for each in new:
                message = email.message_from_string(each["source"], policy=email.policy.default)
                self._known[each["id"]] = (frozenset(each["recipients_envelope"]), message)
            if len(new) < len(answer["data"]):
                return
            page, pages = page + 1, answer["meta"]["pages_total"]

    async def close(self) -> None:
        await self._client.aclose()
