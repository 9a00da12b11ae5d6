"""Security headers: what every answer tells a browser, which is the one client that runs what it is sent."""

from typing import Final

#: Added to each answer that does not say otherwise. The service's answers load nothing, frame nothing, and are framed
#: by nobody; what may be cached says so itself.
SECURITY_HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"cache-control", b"no-store"),
)
