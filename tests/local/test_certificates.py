"""The machine's own authority and the services' certificates."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from deploy.local.certificates import Certificates, ends_soon
from deploy.local.installation import Installation


def read(installation: Installation, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((installation.state / "tls" / f"{name}.pem").read_bytes())


def test_a_services_certificate_bears_its_name_and_is_signed_by_the_authority(installation: Installation) -> None:
    Certificates(installation).renew()
    certificate, authority = read(installation, "order"), read(installation, "ca")
    certificate.verify_directly_issued_by(authority)
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "order"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["order", "localhost"]


def test_a_certificate_that_is_valid_for_long_stays(installation: Installation) -> None:
    Certificates(installation).renew()
    before = read(installation, "order").serial_number
    Certificates(installation).renew()
    assert read(installation, "order").serial_number == before


def test_a_missing_certificate_is_issued_by_the_same_authority(installation: Installation) -> None:
    Certificates(installation).renew()
    authority = read(installation, "ca").serial_number
    (installation.state / "tls" / "cart.pem").unlink()
    Certificates(installation).renew()
    read(installation, "cart").verify_directly_issued_by(read(installation, "ca"))
    assert read(installation, "ca").serial_number == authority


def test_a_new_authority_makes_all_certificates_anew(installation: Installation) -> None:
    Certificates(installation).renew()
    (installation.state / "tls" / "ca.pem").unlink()
    Certificates(installation).renew()
    read(installation, "notify").verify_directly_issued_by(read(installation, "ca"))


def test_a_missing_file_counts_as_ending(tmp_path: Path) -> None:
    assert ends_soon(tmp_path / "none.pem")
