"""What people type into a search box, as LIKE patterns."""


def patterns(text: str) -> list[str]:
    """Return one pattern for each of the first five words, in small letters; every one of them has to be found.

    >>> patterns("3栋 50%")
    ['%3栋%', '%50\\\\%%']
    """
    escaped = text.replace("\0", "").strip().lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return [f"%{word}%" for word in escaped.split()[:5]]
