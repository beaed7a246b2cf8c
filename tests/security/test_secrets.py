"""Keys derived from the installation's own."""

import pytest

from server.security import secrets_
from server.security.secrets_ import Unreadable, as_typed, decrypt, encrypt, keyed_hash, readable_code


def test_what_was_encrypted_comes_back_and_only_for_its_purpose() -> None:
    sealed = encrypt("JBSWY3DPEHPK3PXP", "second factor 1")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert sealed != encrypt("JBSWY3DPEHPK3PXP", "second factor 1")
    assert decrypt(sealed, "second factor 1") == "JBSWY3DPEHPK3PXP"
    with pytest.raises(Unreadable):
        decrypt(sealed, "second factor 2")
    with pytest.raises(Unreadable):
        decrypt(sealed[:-2] + "00", "second factor 1")


def test_without_the_installations_key_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets_.key_for.cache_clear()
    monkeypatch.setattr(secrets_, "settings", type("S", (), {"secret_key": ""}))
    with pytest.raises(RuntimeError):
        encrypt("x", "y")


def test_codes_are_read_however_they_are_typed() -> None:
    code = readable_code(10)
    assert set(code) <= set(secrets_.READABLE)
    assert not set(secrets_.READABLE) & set("01258BILOSUVZ")
    assert as_typed(f" {code[:5].lower()}-{code[5:]} ") == code
    assert keyed_hash(code, "a") != keyed_hash(code, "b")
