"""What must be true when everything is well again: I1–I8, between what the phones hold and what the database holds."""

from collections import Counter
from typing import Any
from uuid import UUID

from server.db import DB, EVERYWHERE, fetch, held
from server.field import documents
from server.security.sessions import actor_of_token

EFFECTIVE = {"applied", "merged"}


async def broken(told: dict[str, Any]) -> list[str]:
    """Return what does not hold after a run, each in a sentence that begins with the invariant's name."""
    async with DB.scope(EVERYWHERE):
        custody = {
            str(row["id"]): row for row in await fetch("select id, outcome, device_id, account_id, seq from sync_op")
        }
        effects = Counter(str(row["op_id"]) for row in await fetch("select op_id from chaos_effect"))
        photos = {str(row["id"]): row for row in await fetch("select id, sha256, size from photo")}
        devices = await fetch("select device_id, account_id, missing, unsent from sync_device")
    found = [*effects_are_single(effects, custody), *numbers_are_whole(devices, custody)]
    for phone in told["phones"]:
        found += nothing_is_lost(phone, custody)
        found += followers_replace(phone, effects)
        found += photos_are_there(phone, photos, restored="restored" in told["counts"])
        found += await replica_is_true(phone, told)
    return found


def nothing_is_lost(phone: dict[str, Any], custody: dict[str, Any]) -> list[str]:
    """I1: whatever was called saved is in custody; what the phone believes of it is what the server says."""
    found = [f"I1: {op['type']} {op['id']} was saved and is nowhere" for op in phone["said"] if op["id"] not in custody]
    found += [f"I1: the phone waits with {one['id']} for {one['why']}" for one in phone["pending"]]
    for record in phone["records"]:
        known = custody.get(record["id"])
        if known and not agree(record, known["outcome"]):
            found.append(f"I1: {record['id']} is {record['state']} on the phone, {known['outcome']} on the server")
    return found


def agree(record: dict[str, Any], outcome: str) -> bool:
    """Tell whether what a phone says of an operation is what the server says. The server does not hear that a person has dealt with one."""
    if record.get("follower") and record["state"] in ("resolved", "discarded"):
        return outcome in ("conflict", "rejected", "discarded")
    return outcome in (record["state"], "taken")


def followers_replace(phone: dict[str, Any], effects: Counter[str]) -> list[str]:
    """I8: what was submitted anew has no effect beside that of what replaced it."""
    return [
        f"I8: {one['id']} took effect, and {one['follower']}, which replaced it, too"
        for one in phone["records"]
        if one.get("follower") and effects[one["id"]] and effects[one["follower"]]
    ]


def effects_are_single(effects: Counter[str], custody: dict[str, Any]) -> list[str]:
    """I2: an operation has one effect if it was applied, else none."""
    found = [f"I2: {id_} took effect {count} times" for id_, count in effects.items() if count > 1]
    for id_, row in custody.items():
        if (row["outcome"] in EFFECTIVE) != (effects[id_] > 0):
            found.append(f"I2: {id_} is {row['outcome']} with {effects[id_]} effects")
    return found + [f"I2: an effect of {id_}, which nobody sent" for id_ in effects if id_ not in custody]


async def replica_is_true(phone: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """I3: the replica is what the server would show; I4: and nothing else."""
    async with DB.scope() as scope:
        actor = await actor_of_token(told["sessions"][phone["account"]], "127.0.0.1")
        assert actor is not None
        scope.set_reach(held().reach)
        scopes = set(documents.scopes_of(actor))
        wanted: dict[tuple[str, str], Any] = {}
        for kind in documents.kinds().values():
            if kind.scope(actor) is not None:
                for id_, document in (await kind.load(await kind.every(actor), actor)).items():
                    wanted[kind.name, str(id_)] = document
    here = {(one["kind"], one["id"]): one["doc"] for one in phone["documents"]}
    found = [f"I4: {key} is in {one['scopes']}, which {actor.name} does not follow" for one in phone["documents"]
             if not set(one["scopes"]) & scopes for key in [(one["kind"], one["id"])]]  # fmt: skip
    found += [f"I4: {key} is on the phone and not on the server" for key in here.keys() - wanted.keys()]
    found += [f"I3: {key} is missing on the phone" for key in wanted.keys() - here.keys()]
    found += [f"I3: {key} is {here[key]} on the phone, {wanted[key]} on the server" for key in here.keys() & wanted.keys()
              if here[key] != wanted[key]]  # fmt: skip
    shown = {(kind, doc["id"]): doc for kind, docs in phone["views"].items() for doc in docs}
    return found + [
        f"I3: the person sees {shown.get(key)}, the server has {here[key]}"
        for key in here
        if shown.get(key) != here[key]
    ]


def photos_are_there(phone: dict[str, Any], photos: dict[str, Any], *, restored: bool) -> list[str]:
    """I5: each photo of saved work is stored on the server, whole; nothing was dropped before."""
    here, bytes_ = {one["id"]: one for one in phone["photos"]}, set(phone["bytes"])
    outcome = {one["id"]: one["state"] for one in phone["records"]}
    found = []
    for op in phone["said"]:
        for photo in op["photos"]:
            stored = photos.get(photo["id"])
            is_stored = stored is not None and stored["size"] > 0 and stored["sha256"] == photo["sha256"]
            if not is_stored and photo["id"] not in bytes_:
                found.append(f"I5: photo {photo['id']} of {op['type']} is neither here nor there")
            elif not is_stored and outcome.get(op["id"]) in EFFECTIVE:
                found.append(f"I5: photo {photo['id']} of {op['type']} never arrived: {here.get(photo['id'])}")
            elif here.get(photo["id"], {}).get("verified") and not is_stored:
                found.append(f"I5: photo {photo['id']} counts as verified and is not on the server")
    return found


def numbers_are_whole(devices: list[Any], custody: dict[str, Any]) -> list[str]:
    """I7: every phone's numbers are without a gap, and the supervisor's list says so."""
    numbers: dict[tuple[UUID, UUID], list[int]] = {}
    for row in custody.values():
        numbers.setdefault((row["device_id"], row["account_id"]), []).append(row["seq"])
    found = [f"I7: {device} has numbers {sorted(seqs)}" for (device, _), seqs in numbers.items()
             if sorted(seqs) != list(range(1, len(seqs) + 1))]  # fmt: skip
    return found + [f"I7: {row['missing']} operations of {row['device_id']} count as missing, {row['unsent']} as unsent" for row in devices
                    if row["missing"] or row["unsent"]]  # fmt: skip
