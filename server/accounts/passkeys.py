"""Passkeys (WebAuthn): the finger or face that unlocks the phone signs people in, with nothing to type or to phish.

A passkey proves two things at once, the device and its owner, so it counts as the second factor as well. The library
checks origin, challenge, signature and that the owner was verified; we see to it that a challenge works once. It takes long to import, so only those who use a passkey make us do it.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from server.accounts.signing_in import Login, find_by_id
from server.accounts.visits import Visit
from server.audit import record
from server.db import changed, execute, fetchrow, fetchval, rows, transaction
from server.lib.i18n import _
from server.lib.ids import uuid7
from server.security.actor import Actor

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

MOST = 20
"""Passkeys of one account."""


class Passkey(msgspec.Struct):
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


async def passkeys_of(account_id: UUID | None) -> list[Passkey]:
    """Return the account's passkeys, the newest first."""
    return await rows(
        Passkey,
        "select id, name, backed_up, created_at, last_used_at from passkey where account_id = $1 order by created_at desc",
        account_id,
    )


async def _ask(kind: str, challenge: bytes, account_id: UUID | None) -> UUID:
    """Keep a challenge for five minutes; return its id."""
    id_ = uuid7()
    await execute(
        "insert into challenge (id, account_id, kind, challenge, expires_at)"
        " values ($1, $2, $3, $4, now() + interval '5 minutes')",
        id_,
        account_id,
        kind,
        challenge,
    )
    return id_


async def _take(kind: str, id_: UUID, account_id: UUID | None) -> bytes | None:
    """Return the challenge and forget it: no answer works twice."""
    found = await fetchval(
        "delete from challenge where id = $1 and kind = $2 and account_id is not distinct from $3 and expires_at > now()"
        " returning challenge",
        id_,
        kind,
        account_id,
    )
    return bytes(found) if found is not None else None


async def registration_options(visit: Visit, *, by: Actor) -> dict[str, Any]:
    """Return what the browser needs to make a passkey, and the id of the challenge."""
    import webauthn
    from webauthn.helpers import options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    assert by.account_id is not None
    known = await rows(Credential, "select credential_id, transports from passkey where account_id = $1", by.account_id)
    login = await find_by_id(by.account_id)
    options = webauthn.generate_registration_options(
        rp_id=visit.rp_id,
        rp_name=_("内业"),
        user_id=by.account_id.bytes,
        user_name=(login.login or login.phone or by.name) if login else by.name,
        user_display_name=by.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[credential.descriptor for credential in known],
    )
    challenge_id = await _ask("add", options.challenge, by.account_id)
    return {"id": str(challenge_id), "options": json.loads(options_to_json(options))}


class Credential(msgspec.Struct):
    """A stored credential as the browser is told to leave out."""

    credential_id: bytes
    transports: str | None

    @property
    def descriptor(self) -> "PublicKeyCredentialDescriptor":
        """The credential in the library's words."""
        from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

        known = {transport.value for transport in AuthenticatorTransport}
        return PublicKeyCredentialDescriptor(
            id=self.credential_id,
            transports=[AuthenticatorTransport(word) for word in (self.transports or "").split(",") if word in known],
        )


async def add(challenge_id: UUID, credential: dict[str, Any], name: str, visit: Visit, *, by: Actor) -> bool:
    """Keep a passkey the browser made; return False when it does not prove what it must."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = await _take("add", challenge_id, by.account_id)
    if challenge is None:
        return False
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=visit.rp_id,
            expected_origin=visit.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    transports = credential.get("response", {}).get("transports") or []
    async with transaction():
        added = await changed(
            "insert into passkey (id, account_id, credential_id, public_key, sign_count, transports, name, backed_up)"
            " select $1, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from passkey where account_id = $2) < $9"
            " on conflict (credential_id) do nothing",
            uuid7(),
            by.account_id,
            made.credential_id,
            made.credential_public_key,
            made.sign_count,
            ",".join(str(word) for word in transports)[:100],
            name[:60],
            made.credential_backed_up,
            MOST,
        )
        if added:
            await record(
                by,
                "passkey.add",
                community_id=None,
                entity="account",
                entity_id=by.account_id,
                after={"name": name[:60]},
            )
    return added == 1


async def sign_in_options(visit: Visit) -> dict[str, Any]:
    """Return what the browser needs to sign in with whichever passkey it has for us, and the id of the challenge."""
    import webauthn
    from webauthn.helpers import options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=visit.rp_id, user_verification=UserVerificationRequirement.REQUIRED
    )
    return {"id": str(await _ask("sign_in", options.challenge, None)), "options": json.loads(options_to_json(options))}


async def sign_in(challenge_id: UUID, credential: dict[str, Any], visit: Visit) -> Login | None:
    """Return whose passkey answered the challenge, or None when it proves nothing."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    challenge = await _take("sign_in", challenge_id, None)
    if challenge is None:
        return None
    try:
        raw_id = base64url_to_bytes(str(credential["rawId"]))
        known = await fetchrow(
            "select id, account_id, public_key, sign_count from passkey where credential_id = $1", raw_id
        )
        if known is None:
            return None
        answer = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=visit.rp_id,
            expected_origin=visit.origin,
            credential_public_key=bytes(known["public_key"]),
            credential_current_sign_count=known["sign_count"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    await execute(
        "update passkey set sign_count = $2, last_used_at = now(), backed_up = $3 where id = $1",
        known["id"],
        answer.new_sign_count,
        answer.credential_backed_up,
    )
    return await find_by_id(known["account_id"])


async def rename(passkey_id: UUID, name: str, *, by: Actor) -> bool:
    """Call one of one's passkeys `name`; return whether it is one's own."""
    return (
        await changed(
            "update passkey set name = $3 where id = $1 and account_id = $2", passkey_id, by.account_id, name[:60]
        )
        == 1
    )


async def remove(passkey_id: UUID, *, by: Actor) -> bool:
    """Forget one of one's passkeys; return whether it is one's own."""
    async with transaction():
        name = await fetchval(
            "delete from passkey where id = $1 and account_id = $2 returning name", passkey_id, by.account_id
        )
        if name is not None:
            await record(
                by,
                "passkey.remove",
                community_id=None,
                entity="account",
                entity_id=by.account_id,
                before={"name": name},
            )
    return name is not None
