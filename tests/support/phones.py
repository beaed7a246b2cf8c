"""A phone as the server sees one: numbers its operations, hashes them, pushes, pulls."""

import hashlib
import json
import time
from typing import Any
from uuid import UUID, uuid4

import httpx

from server.lib.ids import uuid7
from tests.cast import Character

Json = dict[str, Any]


def hash_of(op: Json) -> str:
    """Return an operation's hash, written down independently of the server's code."""
    rest = {name: op[name] for name in sorted(op) if name != "hash"}
    return hashlib.sha256(
        json.dumps(rest, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()


class Phone:
    """One person's phone."""

    def __init__(self, client: httpx.AsyncClient, who: Character, token: str | None = None) -> None:
        self.client = client
        self.who = who
        self.device = str(uuid4())
        self.seq = 0
        self.token: str | None = token
        self.cursors: Json = {}
        self.documents: dict[tuple[str, str], Json] = {}
        self.places: dict[tuple[str, str], str] = {}
        self.answer: Json = {}

    def op(self, type_: str, entity: UUID | str, **more: Any) -> Json:
        """Return a new operation; `args` and others as in the protocol."""
        self.seq += 1
        op: Json = {
            "id": str(uuid7()), "seq": self.seq, "type": type_, "version": 1, "entity": str(entity), "base": 0, "args": {},
            "photos": [], "deps": [], "made_at": int(time.time() * 1000), "offset": 0,
        }  # fmt: skip
        op |= more
        return op | {"hash": hash_of(op)}

    async def post(self, *ops: Any, **more: Any) -> httpx.Response:
        """Push; return the whole answer."""
        body = {
            "device": self.device, "user": str(self.who.account_id), "build": "t", "now": int(time.time() * 1000),
            "next_seq": self.seq + 1, "unsent": 0, "oldest_age": 0, "token": self.token is not None, "ops": list(ops),
        } | more  # fmt: skip
        return await self.client.post("/sync/push", json=body, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """What a phone sends when it has only its own token."""
        return {} if "sid" in self.client.cookies else {"authorization": f"Device {self.token}"}

    async def push(self, *ops: Any, **more: Any) -> list[str]:
        """Push; return the outcomes."""
        answer = await self.post(*ops, **more)
        assert answer.status_code == 200, answer.text
        self.answer = answer.json()
        self.token = self.answer.get("push_token", self.token)
        assert [(r["id"], r["hash"]) for r in self.answer["results"]] == [(op["id"], op["hash"]) for op in ops]
        return [result["outcome"] for result in self.answer["results"]]

    async def pull(self, **more: Any) -> Json:
        """Pull once; return the answer, after taking it in as a phone does."""
        body = {"device": self.device, "build": "t", "schema": 1, "cursors": self.cursors, "limit": 500} | more
        answer = await self.client.post("/sync/pull", json=body)
        assert answer.status_code == 200, answer.text
        self.answer = answer.json()
        for scope, part in self.answer["scopes"].items():
            if part.get("reset"):
                self.forget(scope)
            for entry in part.get("entries", []):
                key = (entry["kind"], entry["id"])
                if entry.get("gone"):
                    self.documents.pop(key, None)
                else:
                    self.documents[key], self.places[key] = entry["doc"], scope
            self.cursors[scope] = {"epoch": part["epoch"], "seq": part["seq"]}
        for scope in self.answer["removed"]:
            self.cursors.pop(scope)
            self.forget(scope)
        return self.answer

    def forget(self, scope: str) -> None:
        """Drop what came in a scope."""
        for key in [key for key, place in self.places.items() if place == scope]:
            self.documents.pop(key, None)

    async def pull_all(self, **more: Any) -> int:
        """Pull until nothing is left; return how many answers that took."""
        count = 1
        while any(part.get("more") for part in (await self.pull(**more))["scopes"].values()):
            count += 1
        return count
