"""Security headers on every response, errors included (OWASP ASVS 5 V3.4).

The policy allows nothing inline: a stored text that slips through escaping still cannot run.
"""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
]

STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def with_security(headers: list[tuple[bytes, bytes]], *, https: bool, private: bool) -> list[tuple[bytes, bytes]]:
    """Return `headers` with ours added. `private` pages are kept by no cache unless the handler said otherwise."""
    names = {name.lower() for name, _value in headers}
    added = [pair for pair in HEADERS if pair[0] not in names]
    if https:
        added.append(STRICT_TRANSPORT)
    if private and b"cache-control" not in names:
        added.append((b"cache-control", b"no-store"))
    return headers + added
