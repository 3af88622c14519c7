"""A certificate authority of this machine's own, and one certificate per service, whose name is the service's."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.files import write_private
from deploy.local.installation import SERVICES, Installation

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)


class Certificates:
    """The files in the state folder's `tls/`: `ca.pem`, and `<service>.pem` with `<service>-key.pem`."""

    def __init__(self, installation: Installation) -> None:
        self._folder = installation.folder("tls")

    def environment(self, service: str) -> dict[str, str]:
        """The settings that tell a service its files."""
        return {
            "SHOPMESH_TLS_CA_FILE": str(self._folder / "ca.pem"),
            "SHOPMESH_TLS_CERT_FILE": str(self._folder / f"{service}.pem"),
            "SHOPMESH_TLS_KEY_FILE": str(self._folder / f"{service}-key.pem"),
        }

    def renew(self) -> None:
        """Make what is missing or ends within 30 days; a new authority makes all anew."""
        if ends_soon(self._folder / "ca.pem"):
            self._issue_authority()
            for service in SERVICES:
                (self._folder / f"{service}.pem").unlink(missing_ok=True)
        for service in SERVICES:
            if ends_soon(self._folder / f"{service}.pem"):
                self._issue(service)

    def _issue_authority(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = named("Shopmesh local authority")
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        certificate = begin(name, name, key, CA_LIFE).add_extension(constraints, critical=True)
        self._write("ca", key, certificate.sign(key, hashes.SHA256()))

    def _issue(self, service: str) -> None:
        authority = x509.load_pem_x509_certificate((self._folder / "ca.pem").read_bytes())
        signer = serialization.load_pem_private_key((self._folder / "ca-key.pem").read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        places = [x509.DNSName(service), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        draft = begin(named(service), authority.subject, key, LIFE)
        draft = draft.add_extension(x509.SubjectAlternativeName(places), critical=False)
        draft = draft.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        self._write(service, key, draft.sign(signer, hashes.SHA256()))

    def _write(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        private = key.private_bytes(encoding, kind, serialization.NoEncryption())
        write_private(self._folder / f"{name}-key.pem", private.decode())
        write_private(self._folder / f"{name}.pem", certificate.public_bytes(encoding).decode())


def ends_soon(path: Path) -> bool:
    """Whether the certificate is missing or has less than 30 days left."""
    if not path.exists():
        return True
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.not_valid_after_utc - datetime.now(UTC) < RENEW_BEFORE


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    """A certificate from now on, without extensions yet."""
    now = datetime.now(UTC)
    draft = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    draft = draft.serial_number(x509.random_serial_number())
    return draft.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + life)
