"""Where to go afterwards: only our own pages, or a link in a message could send people to a copy of our sign-in."""

from urllib.parse import urlsplit


def local_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return `wanted` if it is a path on this site, else `otherwise`.

    >>> local_path("/tickets?page=2"), local_path("//evil.example"), local_path("https://evil.example/")
    ('/tickets?page=2', '/', '/')
    """
    if not wanted or not wanted.startswith("/") or len(wanted) > 500:
        return otherwise
    if wanted[1:2] in ("/", "\\") or any(ord(letter) < 33 or letter == "\\" for letter in wanted):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
