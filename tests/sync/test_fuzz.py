"""Hostile bodies: whatever is sent, the answer is one of ours, never 500, and the next honest push works."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.lib.ids import uuid7
from server.sync import reading
from tests.cast import ZHAO
from tests.support.phones import hash_of

LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(["\x00", "\ud83d", "thing.make", "", "0" * 64, str(uuid7()), "null", "-1"]),
)  # fmt: skip
ANYTHING = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
NAMES = [
    "id",
    "seq",
    "type",
    "version",
    "entity",
    "base",
    "args",
    "photos",
    "deps",
    "made_at",
    "offset",
    "hash",
    "community",
]


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_reading_an_operation_never_fails(raw):
    found = reading.operation(raw)
    if found is None:
        reading.id_of(raw, uuid7())
    else:
        reading.clean(found.args)
    reading.canonical(raw).encode()


@given(st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300)
def test_reading_a_body_never_fails_unexpectedly(body):
    for read in (reading.report, reading.question):
        try:
            read(body)
        except reading.Unreadable as error:
            str(error)


BODIES: list[bytes] = [
    b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"device": 1}', b'{"device": "x", "ops": []}', b"[" * 5000,
    b'{"a":' * 5000, b'{"device": NaN}', b'{"cursors": {"a\\u0000": {"epoch": "", "seq": 0}}}', b'{"cursors": {"x": {"epoch": "\\ud83d", "seq": 0}}}',
    b'{"limit": 0}', b'{"limit": 1e400}', b'{"cursors": {"x": {"epoch": "", "seq": 99999999999999999999}}}',
]  # fmt: skip


@pytest.mark.parametrize("page", ["/sync/push", "/sync/pull"])
async def test_hostile_bodies_are_answered_politely(phone_for, page):
    phone, count = await phone_for(ZHAO), 0
    for body in BODIES:
        answer = await phone.client.post(page, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (200, 400, 413, 422), (body[:40], answer.status_code)
        assert answer.json()
        count += 1
    large = await phone.client.post(page, content=b" " * 300_000)
    assert large.status_code == 413
    print(f"{count + 1} bodies, none 500")


async def test_hostile_operations_do_not_harm_the_honest_one(phone_for):
    phone, odd = await phone_for(ZHAO), ["\x00", "\ud83d", -1, 2**70, 1.5, None, [], {}, "x" * 9000, True]
    count = 0
    for name in NAMES:
        ops: list[Any] = []
        for value in odd:
            op = phone.op("thing.make", uuid7(), args={"name": "灯"}) | {name: value}
            if name != "hash":
                op["hash"] = hash_of_any(op)
            ops.append(op)
        honest = phone.op("thing.make", uuid7(), args={"name": "灯"})
        body = {"device": phone.device, "ops": [*ops, honest], "next_seq": phone.seq + 1}
        answer = await phone.client.post(
            "/sync/push", content=json.dumps(body).encode(), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 200, (name, answer.text[:300])
        results = answer.json()["results"]
        assert results[-1]["outcome"] == "applied", name
        assert len(results) == len(ops) + 1
        assert {one["outcome"] for one in results} <= {"applied", "rejected", "retry", "upgrade", "merged", "conflict"}
        assert not [one for one in results if one.get("reason") == "busy"], name
        count += len(results)
    print(f"{count} operations")


def hash_of_any(op: dict[str, Any]) -> str:
    """Return the hash even of what holds halves of characters."""
    try:
        return hash_of(op)
    except UnicodeEncodeError:
        return reading.hash_of(op)
