"""What ``doctor`` says of a service's own certificate."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.chassis import look_tls
from services.chassis.doctor import Doubtful, Unusable
from tests.chassis.conftest import tls_settings


def test_a_certificate_must_be_the_services_own_and_its_key_too(tls: Path, tmp_path: Path) -> None:
    def said(service: str, **files: str) -> str:
        settings = tls_settings(tls, "catalog")
        for name, file in files.items():
            setattr(settings, name, file)
        return asyncio.run(look_tls.tls(settings, service))

    assert said("catalog").startswith("of catalog, good until")
    with pytest.raises(Unusable, match="and must be of order"):
        said("order")
    with pytest.raises(Unusable, match="SHOPMESH_TLS_KEY_FILE"):
        said("catalog", tls_key_file=str(tls / "order-key.pem"))
    with pytest.raises(Unusable, match=r"SHOPMESH_TLS_CA_FILE: .* cannot be read"):
        said("catalog", tls_ca_file=str(tmp_path / "none"))
    with pytest.raises(Unusable, match="not signed by the authority"):
        said("catalog", tls_ca_file=str(tls / "order.pem"))
    with pytest.raises(Doubtful, match="SHOPMESH_TLS"):
        said("catalog", tls_ca_file="", tls_cert_file="", tls_key_file="")


@pytest.mark.parametrize(("days", "verdict"), [(-1, Unusable), (3, Doubtful)])
def test_a_certificate_that_ends_is_said(
    tls: Path, monkeypatch: pytest.MonkeyPatch, days: int, verdict: type[Exception]
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return look_tls._read("", str(tls / "catalog.pem"))[0].not_valid_after_utc - timedelta(days=days)

    monkeypatch.setattr(look_tls, "datetime", Later)
    with pytest.raises(verdict, match="renew it"):
        asyncio.run(look_tls.tls(tls_settings(tls, "catalog"), "catalog"))
