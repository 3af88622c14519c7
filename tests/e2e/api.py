"""The REST API as a web client calls it: JSON in and out, errors as google.rpc.Status."""

import time
import uuid
from typing import Any

import httpx
import jwt

Json = dict[str, Any]
LONGEST_TEST_S = 300
TYPE = "type.googleapis.com/google.rpc."


class Refused(Exception):
    """An error answer: `status` is HTTP's, `body` a google.rpc.Status as JSON."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url} -> {answer.status_code}: {answer.text[:1000]}")
        self.status = answer.status_code
        self.headers = answer.headers
        self.body: Json = answer.json()

    @property
    def reason(self) -> str:
        """The UPPER_SNAKE reason of its ErrorInfo."""
        return str(self.detail("ErrorInfo")["reason"])

    @property
    def metadata(self) -> dict[str, str]:
        """The ErrorInfo's metadata."""
        return dict(self.detail("ErrorInfo").get("metadata", {}))

    @property
    def fields(self) -> set[str]:
        """The fields that a BadRequest names."""
        return {each["field"] for each in self.detail("BadRequest")["fieldViolations"]}

    def detail(self, name: str) -> Json:
        """The detail of this google.rpc type; AssertionError where there is none."""
        found = [each for each in self.body["details"] if each["@type"] == TYPE + name]
        assert found, f"no {name} in {self.body}"
        detail: Json = found[0]
        return detail


class Api:
    """One web client; `token` is the access token that goes with every request."""

    def __init__(self, url: str, token: str = "") -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=30, trust_env=False)
        self.token = token

    @property
    def logged_in(self) -> bool:
        """Whether there is a token that outlives the longest test."""
        if not self.token:
            return False
        ends: float = jwt.decode(self.token, options={"verify_signature": False})["exp"]
        return ends - time.time() > LONGEST_TEST_S

    async def get(self, path: str, **query: str | int) -> Json:
        return (await self.send("GET", path, params=query)).json()  # type: ignore[no-any-return]

    async def post(self, path: str, body: Json, headers: dict[str, str] | None = None) -> Json:
        return (await self.send("POST", path, json=body, headers=headers)).json()  # type: ignore[no-any-return]

    async def send(self, verb: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Any request; raises Refused where the answer is an error."""
        answer = await self._client.request(verb, path, headers=self.headers(headers), **more)
        if answer.is_error:
            raise Refused(answer)
        return answer

    def stream(self, path: str, headers: dict[str, str]) -> Any:
        """A GET whose answer is read as it comes: an async context manager of the response."""
        return self._client.stream("GET", path, headers=self.headers(headers))

    def headers(self, more: dict[str, str] | None) -> dict[str, str]:
        token = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return token | (more or {})

    async def close(self) -> None:
        await self._client.aclose()


def request_id() -> str:
    return str(uuid.uuid4())


def euro(cents: int) -> Json:
    """google.type.Money as JSON."""
    return {"currencyCode": "EUR", "units": str(cents // 100), "nanos": cents % 100 * 10_000_000}


def cents(money: Json) -> int:
    """Minor units of a google.type.Money as JSON."""
    return int(money["units"]) * 100 + int(money.get("nanos", 0)) // 10_000_000
