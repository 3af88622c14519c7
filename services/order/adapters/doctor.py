"""What order asks of MongoDB before it is served."""

import secrets

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri

from services.chassis.doctor import Unusable

ANSWER_MS = 5000


async def mongodb(uri: str, database: str) -> str:
    """Writes, reads and removes a document in the database that the lists are kept in."""
    try:
        async with AsyncMongoClient[dict[str, str]](uri, serverSelectionTimeoutMS=ANSWER_MS) as client:
            version = (await client.admin.command("buildInfo"))["version"]
            lists = client[database][f"doctor-{secrets.token_hex(4)}"]
            await lists.insert_one({"_id": "doctor"})
            await lists.find_one({"_id": "doctor"})
            await lists.drop()
    except ServerSelectionTimeoutError as error:
        raise Unusable(f"nothing answers at {_hosts(uri)} within 5 s: check MONGODB_URI") from error
    except OperationFailure as error:
        role = f"the user needs the role readWrite on the database {database}"
        said = (error.details or {}).get("errmsg", error)
        raise Unusable(f"{said}: check the password in MONGODB_URI; {role}") from error
    except PyMongoError as error:
        raise Unusable(f"{error}: check MONGODB_URI") from error
    return f"version {version}, may write to the database {database}"


def _hosts(uri: str) -> str:
    return ", ".join(f"{host}:{port}" for host, port in parse_uri(uri)["nodelist"])
