"""Names and addresses of the services' databases."""

from dataclasses import replace

from deploy.local import databases
from deploy.local.installation import Installation


def test_each_service_has_a_database_and_a_role_of_its_own(installation: Installation) -> None:
    port = installation.ports["postgres"]
    order, payment = databases.url("order", installation), databases.url("payment", installation)
    assert order.startswith("postgresql://shopmesh_order:")
    assert order.endswith(f"@127.0.0.1:{port}/shopmesh_order")
    assert order.split("@")[0].split(":")[2] != payment.split("@")[0].split(":")[2]


def test_on_somebody_elses_server_the_prefix_leads_the_name_and_tls_is_kept(installation: Installation) -> None:
    tls = "sslmode=verify-full&sslrootcert=/ca.pem"
    address = f"postgresql://root:pw@db.example:6432/postgres?{tls}&connect_timeout=9"
    server = {"POSTGRES_URL": address, "SHOPMESH_PREFIX": "eu."}
    url = databases.url("order", replace(installation, overrides=server))
    assert url.startswith("postgresql://eu_shopmesh_order:")
    assert url.endswith("@db.example:6432/eu_shopmesh_order?sslmode=verify-full&sslrootcert=%2Fca.pem")


def test_there_a_restore_that_begins_new_topics_renames_no_database(installation: Installation) -> None:
    server = {"POSTGRES_URL": "postgresql://root:pw@db.example/postgres", "SHOPMESH_PREFIX": "eu.r2."}
    url = databases.url("order", replace(installation, overrides=server))
    assert url.endswith("/eu_shopmesh_order")
