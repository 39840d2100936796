"""A certificate authority of the walk's own: what it signs, the machine believes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAYS = timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """Both as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Made anew for each walk; its key is never written anywhere."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _named("Colloquy's walk")
        unsigned = _unsigned(self.name, self.name, self.key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = unsigned.sign(self.key, hashes.SHA256()).public_bytes(_PEM)

    def certify(self, host: str) -> Certificate:
        """A certificate for one host name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        unsigned = _unsigned(_named(host), self.name, key.public_key()).add_extension(
            names, critical=False
        )
        return Certificate(
            unsigned.sign(self.key, hashes.SHA256()).public_bytes(_PEM),
            key.private_bytes(
                _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


_PEM = serialization.Encoding.PEM


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + DAYS)
    )
