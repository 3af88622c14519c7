"""What order asks of MongoDB before it is served."""

from pymongo import MongoClient
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.uri_parser import parse_uri

from services.chassis.doctor import Away, Unusable
from services.chassis.threads import in_thread

ANSWER_MS = 5000
OLDEST = (4, 4)
COLLECTION = "orders"


async def mongodb(uri: str, database: str) -> str:
    """Changes and removes what is not there, which takes the rights that order needs."""
    return await in_thread(_asked, uri, database)  # the async client leaves sockets open where nothing answers


def _asked(uri: str, database: str) -> str:
    try:
        with MongoClient[dict[str, str]](uri, serverSelectionTimeoutMS=ANSWER_MS) as client:
            version = str(client.admin.command("buildInfo")["version"])
            lists, nobody = client[database][COLLECTION], {"_id": "doctor"}
            lists.find_one(nobody)
            lists.update_one(nobody, {"$set": {"doctor": "was here"}})
            lists.delete_one(nobody)
    except (ServerSelectionTimeoutError, AutoReconnect) as error:
        raise Away(f"nothing answers at {_hosts(uri)} within 5 s: check MONGODB_URI") from error
    except OperationFailure as error:
        role = f"the user needs the role readWrite on the database {database}"
        said = (error.details or {}).get("errmsg", error)
        raise Unusable(f"{said}: check the password in MONGODB_URI; {role}") from error
    except (ConfigurationError, PyMongoError) as error:
        raise Unusable(f"{error}: check MONGODB_URI") from error
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise Unusable(f"version {version} is too old: use MongoDB >= {'.'.join(map(str, OLDEST))}")
    return f"version {version}, may write to the database {database}"


def _hosts(uri: str) -> str:
    return ", ".join(f"{host}:{port}" for host, port in parse_uri(uri)["nodelist"])
