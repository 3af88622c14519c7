"""What must be so before anything is touched: nobody can buy, and no service works."""

import httpx
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from ops.errors import Refused

SECONDS = 5.0
OWN = "ops.restore"
"""Name of the restore's own sessions, which may linger for a moment after they were closed."""
_SESSIONS = """
select datname, usename, count(*) as count from pg_stat_activity
where datname = any(%s) and application_name <> %s and backend_type = 'client backend'
group by datname, usename order by datname, usename
"""


async def refuse_open_edge(address: str, taken_for_closed: bool) -> None:
    """Refused where the edge answers with anything but 503 (Service Unavailable), or nobody says where it is."""
    if taken_for_closed:
        return
    if not address:
        raise Refused(
            "say where the world reaches the shop by SHOPMESH_BACKUP_EDGE_URL, or --edge-closed that it cannot"
        )
    try:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            status = (await client.get(address)).status_code
    except httpx.TransportError:
        return
    if status != httpx.codes.SERVICE_UNAVAILABLE:
        raise Refused(f"the edge is open: {address} answers {status}. Close it, and stop all services")


async def refuse_sessions(server: AsyncConnection[DictRow], databases: list[str]) -> None:
    """Refused where anybody is connected to one of the databases."""
    found = await (await server.execute(_SESSIONS, [databases, OWN])).fetchall()
    if found:
        who = ", ".join(f"{row['usename']} to {row['datname']} ({row['count']})" for row in found)
        raise Refused(f"databases are in use: {who}. Stop all services and whoever else reads them")
