"""A passkey in software (WebAuthn Level 3 §6): enough of one to try what a browser never would."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """Holds one key for `rp_id`; `origin` and `verified` can be lies."""

    def __init__(self, rp_id: str = "localhost", origin: str = "http://localhost", *, verified: bool = True) -> None:
        self.rp_id, self.origin, self.verified = rp_id, origin, verified
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        self.count += 1
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer creation options as a browser's `credential.toJSON()`."""
        numbers = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED, attested)})
        return self._answer(
            {
                "clientDataJSON": encode(self._client_data("webauthn.create", options["challenge"])),
                "attestationObject": encode(attestation),
                "transports": ["internal"],
            }
        )

    def get(self, options: dict[str, Any], user: bytes = b"user") -> dict[str, Any]:
        """Answer request options."""
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": encode(client_data),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(user),
            }
        )

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": response}
