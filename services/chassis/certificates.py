"""The certificates of mutual TLS, read again when their files change, so that they rotate without a restart."""

from pathlib import Path
from typing import Protocol

import grpc


class TlsSettings(Protocol):
    """The part of a service's settings that mutual TLS needs."""

    tls_ca_file: str
    tls_cert_file: str
    tls_key_file: str


class Certificates:
    """The authority's certificate and this service's own pair."""

    def __init__(self, settings: TlsSettings) -> None:
        self._files = [Path(f) for f in (settings.tls_ca_file, settings.tls_key_file, settings.tls_cert_file)]

    def stamp(self) -> tuple[int, ...]:
        """Changes when a file does."""
        return tuple(file.stat().st_mtime_ns for file in self._files)

    def client(self) -> grpc.ChannelCredentials:
        """What a client shows and trusts."""
        ca, key, certificate = (file.read_bytes() for file in self._files)
        return grpc.ssl_channel_credentials(ca, key, certificate)

    def server(self) -> grpc.ServerCredentials:
        """What a server shows and trusts; it asks for new files at each handshake after they changed."""
        served = self.stamp()

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            nonlocal served
            if self.stamp() == served:
                return None
            served = self.stamp()
            return self._configuration()

        return grpc.dynamic_ssl_server_credentials(
            self._configuration(),
            fetch,  # type: ignore[arg-type]  # None means that nothing changed
            require_client_authentication=True,
        )

    def _configuration(self) -> grpc.ServerCertificateConfiguration:
        ca, key, certificate = (file.read_bytes() for file in self._files)
        return grpc.ssl_server_certificate_configuration([(key, certificate)], root_certificates=ca)
