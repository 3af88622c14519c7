"""Password hashing by argon2id. Source: RFC 9106, OWASP Password Storage Cheat Sheet."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """What one hash costs: memory in KiB, iterations, lanes."""

    memory_kib: int
    iterations: int
    lanes: int


class Argon2Passwords:
    """Hashes in ``threads`` threads, so that the event loop stays free and the memory in use is bounded."""

    def __init__(self, cost: Argon2Parameters, threads: int) -> None:
        self._hasher = PasswordHasher(time_cost=cost.iterations, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._decoy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """The hash with its parameters and a new salt, in argon2's text form."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether it fits; without a hash a decoy is verified, so that the time tells nobody which addresses exist."""
        known = password_hash or self._decoy
        fits = await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, known, password)
        return fits and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False
