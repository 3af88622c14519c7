"""A database and a role of its own for each service whose truth is in PostgreSQL."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from deploy.local import addresses
from deploy.local.credentials import Credentials
from deploy.local.errors import StackError
from deploy.local.installation import Installation
from ops.restore.incarnations import base_of

if TYPE_CHECKING:
    import psycopg

WITH_DATABASE = ("catalog", "order", "payment", "auth", "notify")


def url(service: str, installation: Installation) -> str:
    """The service's own database, as its own role: `postgresql://shopmesh_order:...@host:port/shopmesh_order`."""
    from psycopg.conninfo import conninfo_to_dict

    server = conninfo_to_dict(addresses.postgres(installation))
    name, password = name_of(service, installation), Credentials(installation).get(f"postgres-{service}")
    tls = urlencode({key: value for key, value in server.items() if key.startswith("ssl")})
    place = f"{server.get('host', 'localhost')}:{server.get('port', 5432)}"
    return f"postgresql://{name}:{password}@{place}/{name}" + (f"?{tls}" if tls else "")


def audit_url(service: str, installation: Installation) -> str:
    """The same database, as the role that the audit reads it by."""
    own, role = url(service, installation), audit_role(service, installation)
    secret = Credentials(installation).get(f"postgres-{service}-audit")
    return f"postgresql://{role}:{secret}@{own.partition('@')[2]}"


def audit_role(service: str, installation: Installation) -> str:
    """The name of the role that can only read what an audit needs."""
    return f"{name_of(service, installation)}_audit"


def name_of(service: str, installation: Installation) -> str:
    """The database's and its role's name; on somebody else's server the installation's prefix leads it."""
    own = "POSTGRES_URL" not in installation.overrides
    prefix = "" if own else base_of(installation.overrides.get("SHOPMESH_PREFIX", installation.prefix))
    return f"{prefix}shopmesh_{service}".replace(".", "_").replace("-", "_")


def create(installation: Installation) -> None:
    """Make the roles and databases that are missing, and set the roles' passwords; StackError where that is refused."""
    import psycopg

    credentials = Credentials(installation)
    try:
        with psycopg.connect(addresses.postgres(installation), autocommit=True) as connection:
            for service in WITH_DATABASE:
                create_one(connection, name_of(service, installation), credentials.get(f"postgres-{service}"))
    except psycopg.Error as error:
        raise StackError(f"PostgreSQL makes no database: {error}`make doctor` says more") from error


def prefix_named(installation: Installation) -> str | None:
    """The prefix of the only topics that the databases go with; None where they were never restored, or are not there."""
    import psycopg
    from psycopg.errors import UndefinedColumn, UndefinedTable

    try:
        with psycopg.connect(url("order", installation), connect_timeout=5) as connection:
            row = connection.execute("select topic_prefix from chassis_state").fetchone()
    except (psycopg.OperationalError, UndefinedTable, UndefinedColumn):
        return None  # whoever needs the server will say what is wrong with it
    return row[0] if row else None


def admit_audit(installation: Installation) -> None:
    """Make the audit's roles, and let them read what their databases hold by now; StackError where that is refused."""
    import psycopg

    try:
        for service in WITH_DATABASE:
            admit_one(service, installation)
    except psycopg.Error as error:
        raise StackError(f"PostgreSQL admits no audit: {error}is the shop up (`make up`)?") from error


def admit_one(service: str, installation: Installation) -> None:
    import psycopg
    from psycopg import sql

    from ops.audit import grants

    role, secret = audit_role(service, installation), Credentials(installation).get(f"postgres-{service}-audit")
    with psycopg.connect(addresses.postgres(installation), autocommit=True) as connection:
        create_role(connection, role, secret)
        read_only = sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on")
        connection.execute(read_only.format(sql.Identifier(role)))
    with psycopg.connect(url(service, installation), autocommit=True) as connection:
        for statement in grants.statements(service, role, name_of(service, installation)):
            connection.execute(statement)


def create_role(connection: "psycopg.Connection", name: str, password: str) -> None:
    """Make a role that may log in, or set its password."""
    from psycopg import sql

    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    change = "ALTER ROLE {} PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
    connection.execute(sql.SQL(change).format(sql.Identifier(name), sql.Literal(password)))


def create_one(connection: "psycopg.Connection", name: str, password: str) -> None:
    from psycopg import sql

    create_role(connection, name, password)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
