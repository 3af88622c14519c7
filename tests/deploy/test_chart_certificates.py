"""The certificates that the chart makes: services know each other by them."""

import base64
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.certificates import begin, named
from deploy.local.installation import SERVICES
from tests.deploy.conftest import of_scenario
from tests.deploy.objects import references

pytestmark = pytest.mark.slow


def files(service: str, folder: Path) -> dict[str, str]:
    """The Secret of a service as the files that its pods find."""
    data = of_scenario("external").of("Secret")[f"shop-{service}-tls"]["data"]
    for name, text in data.items():
        (folder / f"{service}-{name}").write_bytes(base64.b64decode(text))
    return {name: str(folder / f"{service}-{name}") for name in data}


def context(service: str, purpose: ssl.Purpose, folder: Path) -> ssl.SSLContext:
    own = files(service, folder)
    made = ssl.create_default_context(purpose, cafile=own["ca.crt"])
    made.load_cert_chain(own["tls.crt"], own["tls.key"])
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str:
    """The client's name as the server learns it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=name)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    certificate: dict[str, Any] = answering.getpeercert() or {}
    ((_, text),) = certificate["subjectAltName"]
    return str(text)


def test_two_services_know_each_other_by_their_plain_names(tmp_path: Path) -> None:
    order = context("order", ssl.Purpose.SERVER_AUTH, tmp_path)
    catalog = context("catalog", ssl.Purpose.CLIENT_AUTH, tmp_path)
    assert shake_hands(order, catalog, "catalog") == "order"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(order, catalog, "payment")


def signed_by_the_next(service: str, folder: Path) -> ssl.SSLContext:
    """What a service shows after a rotation, while it trusts what it trusts now."""
    authority = of_scenario("external").of("Secret")["shop-ca"]["data"]
    signer = serialization.load_pem_private_key(base64.b64decode(authority["next.key"]), None)
    issuer = x509.load_pem_x509_certificate(base64.b64decode(authority["next.crt"]))
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.SubjectAlternativeName([x509.DNSName(service)])
    made = begin(named(service), issuer.subject, key, timedelta(days=1)).add_extension(name, critical=False)
    own = files(service, folder)
    chain = Path(own["tls.crt"])
    chain.write_bytes(made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    Path(own["tls.key"]).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    changed = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=own["ca.crt"])
    changed.load_cert_chain(chain, own["tls.key"])
    return changed


def test_a_service_whose_certificate_is_rotated_is_known_by_one_whose_is_not_yet(tmp_path: Path) -> None:
    catalog = context("catalog", ssl.Purpose.CLIENT_AUTH, tmp_path)
    assert shake_hands(signed_by_the_next("order", tmp_path), catalog, "catalog") == "order"


def test_everybody_trusts_the_next_authority_before_it_signs(tmp_path: Path) -> None:
    """So a rotation needs no moment at which all change at once."""
    authority = of_scenario("external").of("Secret")["shop-ca"]["data"]
    current, following = (base64.b64decode(authority[name]).decode() for name in ("ca.crt", "next.crt"))
    assert (
        x509.load_pem_x509_certificate(current.encode()).subject
        != x509.load_pem_x509_certificate(following.encode()).subject
    )
    for service in SERVICES:
        trusted = Path(files(service, tmp_path)["ca.crt"]).read_text()
        assert current in trusted
        assert following in trusted


def test_nobody_but_the_chart_has_the_authoritys_key() -> None:
    rendering = of_scenario("external")
    assert "ca.key" in rendering.of("Secret")["shop-ca"]["data"]
    for service in SERVICES:
        assert set(rendering.of("Secret")[f"shop-{service}-tls"]["data"]) == {"ca.crt", "tls.crt", "tls.key"}
    assert not any("Secret/shop-ca" in references(pods) for pods in rendering.pods())


def test_with_cert_manager_the_chart_makes_none() -> None:
    rendering = of_scenario("production")
    assert not any(name.endswith("-tls") or name == "shop-ca" for name in rendering.of("Secret"))
    for service in SERVICES:
        spec = rendering.of("Certificate")[f"shop-{service}-tls"]["spec"]
        assert (spec["commonName"], spec["dnsNames"]) == (service, [service])
        assert {"server auth", "client auth"} <= set(spec["usages"])
