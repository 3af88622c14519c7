"""The certificates of mutual TLS, read again when their files change, so that they rotate without a restart.

Kubernetes changes all files of a Secret at once, by one symbolic link; a person's copy changes one after the other. A set
whose key is not its certificate's is left aside until it is whole: what was there before goes on.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import grpc
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from opentelemetry.metrics import CallbackOptions, Observation

from services.chassis import telemetry

log = structlog.get_logger()
Stamp = tuple[tuple[int, int], ...]


class TlsSettings(Protocol):
    """The part of a service's settings that mutual TLS needs."""

    tls_ca_file: str
    tls_cert_file: str
    tls_key_file: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The authority's certificate and this service's own pair, as PEM; ``stamp`` is of the files they were read from."""

    stamp: Stamp
    authority: bytes
    key: bytes
    certificate: bytes

    def client(self) -> grpc.ChannelCredentials:
        """What a client shows and trusts."""
        return grpc.ssl_channel_credentials(self.authority, self.key, self.certificate)

    def server(self) -> grpc.ServerCertificateConfiguration:
        """What a server shows and trusts."""
        pair = [(self.key, self.certificate)]
        return grpc.ssl_server_certificate_configuration(pair, root_certificates=self.authority)


class Certificates:
    """The files that the settings name."""

    def __init__(self, settings: TlsSettings) -> None:
        self._files = [Path(f) for f in (settings.tls_ca_file, settings.tls_key_file, settings.tls_cert_file)]
        self._told: str = ""

    def read(self) -> Identity:
        """What the files hold. OSError, ValueError where one is missing or no PEM, or the key is not its certificate's."""
        stamp = self._stamp()
        found = Identity(stamp, *(file.read_bytes() for file in self._files))
        if _public(found.certificate) != load_pem_private_key(found.key, None).public_key():
            raise ValueError("the key is not the certificate's")
        return found

    def newer(self, known: Stamp) -> Identity | None:
        """What the files hold where they are no longer those of ``known``, and are whole."""
        try:
            found = None if self._stamp() == known else self.read()
        except (OSError, ValueError) as error:
            self._tell(repr(error))
            return None
        self._told = ""
        return found

    def server(self) -> grpc.ServerCredentials:
        """What a server shows and trusts; it looks for new files at each handshake."""
        first = self.read()
        served = first.stamp

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            nonlocal served
            if (found := self.newer(served)) is None:
                return None
            served = found.stamp
            return found.server()

        return grpc.dynamic_ssl_server_credentials(
            first.server(),
            fetch,  # type: ignore[arg-type]  # None means that nothing changed
            require_client_authentication=True,
        )

    def _stamp(self) -> Stamp:
        """Changes when a file does, or when a link leads to another one."""
        return tuple((status.st_mtime_ns, status.st_ino) for status in (file.stat() for file in self._files))

    def _tell(self, why: str) -> None:
        if why != self._told:
            log.warning("certificates_unusable", why=why, effect="those of before are used")
            self._told = why


def tell_end(settings: TlsSettings) -> None:
    """Has each look at the metrics tell when the certificate in the files ends: also of a service that calls nobody."""
    files, last = Certificates(settings), None

    def look(_: CallbackOptions) -> Iterator[Observation]:
        nonlocal last
        with suppress(OSError, ValueError):  # half a new pair is left aside: the one of before is used, and ends
            last = _end(files.read())
        if last is not None:
            yield Observation(last)

    telemetry.meter().create_observable_gauge(
        "shopmesh_certificate_expiration_timestamp_seconds",
        [look],
        description="Unix time at which the service's certificate ends, or the authority that signed it if earlier.",
    )


def _end(identity: Identity) -> float:
    """An authority may end before what it signed: the chart's next one is made long before it signs."""
    own = x509.load_pem_x509_certificate(identity.certificate)
    trusted = x509.load_pem_x509_certificates(identity.authority)
    signers = [each.not_valid_after_utc for each in trusted if each.subject == own.issuer]
    return min(own.not_valid_after_utc, max(signers, default=own.not_valid_after_utc)).timestamp()


def _public(certificate: bytes) -> object:
    return x509.load_pem_x509_certificate(certificate).public_key()
