"""What a service asks of its own certificate before it is served: there, its own, and good for a while."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from services.chassis.certificates import TlsSettings
from services.chassis.doctor import Doubtful, Unusable

SOON = timedelta(days=7)
_FILES = ("tls_ca_file", "tls_cert_file", "tls_key_file")


async def tls(settings: TlsSettings, service: str) -> str:
    """The files that mutual TLS is spoken with."""
    files = {f"SHOPMESH_{name.upper()}": str(getattr(settings, name)) for name in _FILES}
    missing = [setting for setting, path in files.items() if not path]
    if len(missing) == len(files):
        raise Doubtful("no certificate is named: enough for migrate; serve needs SHOPMESH_TLS_*")
    if missing:
        raise Unusable(f"{', '.join(missing)} not set")
    authorities, chain = (_read(setting, path) for setting, path in list(files.items())[:2])
    _hold_key_against(settings)
    return _judge(chain[0], [*authorities, *chain[1:]], service)


def _read(setting: str, path: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(Path(path).read_bytes())
    except OSError as error:
        raise Unusable(f"{setting}: {path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise Unusable(f"{setting}: {path} is no certificate in PEM") from error


def _hold_key_against(settings: TlsSettings) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    except ssl.SSLError as error:
        raise Unusable(f"SHOPMESH_TLS_KEY_FILE: the key is not the certificate's ({error.reason})") from error
    except OSError as error:
        raise Unusable(f"SHOPMESH_TLS_KEY_FILE: {settings.tls_key_file} cannot be read ({error.strerror})") from error


def _judge(certificate: x509.Certificate, issuers: list[x509.Certificate], service: str) -> str:
    common, alternative = _names(certificate)
    if service not in common or service not in alternative:  # callees read the one, callers the other
        found = ", ".join(sorted(common | alternative)) or "nobody"
        raise Unusable(f"the certificate is of {found}, and must be of {service}, as its common name and as a DNS name")
    ends = [issuer.not_valid_after_utc for issuer in issuers if _issued(certificate, issuer)]
    if not ends:
        raise Unusable("SHOPMESH_TLS_CERT_FILE was not signed by the authority of SHOPMESH_TLS_CA_FILE")
    now, begin, end = (
        datetime.now(UTC),
        certificate.not_valid_before_utc,
        min(certificate.not_valid_after_utc, max(ends)),
    )
    if not begin <= now <= end:
        raise Unusable(f"the certificate is good from {begin} to {end}: renew it")
    said = f"of {service}, good until {end:%Y-%m-%d %H:%M} UTC"
    if end - now < SOON:
        raise Doubtful(f"{said}: renew it")
    return said


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificate: x509.Certificate) -> tuple[set[str], set[str]]:
    """Its common name, and its DNS names."""
    common = {str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return common, set()
    return common, set(alternative.get_values_for_type(x509.DNSName))
