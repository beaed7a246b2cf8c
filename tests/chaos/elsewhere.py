"""What happens elsewhere while phones are out: colleagues at their desks, posts taken and given, pieces that vanish, a backup restored."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from server.db import DB, EVERYWHERE, execute, fetchval, transaction
from server.sync import operations
from tests.cast import LAOLI, SUNSHINE, ZHAO
from tests.chaos import feature

POSTS = {ZHAO.account_id: ["patrol", "clerk"], LAOLI.account_id: ["patrol"]}
"""What everybody is at the beginning."""

LASTING = {"migration", "company", "community", "building", "stairwell", "room", "account", "person", "occupancy", "session",
           "capability_grant", "post", "sync_epoch"}  # fmt: skip
"""Tables that a run leaves as they are, and a restored backup of ours, too."""


class Elsewhere:
    """Everything the page may ask for. `superuser`: a connection that triggers and row-level security do not concern; `desks`: of colleagues."""

    def __init__(self, superuser: asyncpg.Connection, desks: list[asyncpg.Connection]) -> None:
        self.superuser, self.desks = superuser, desks
        self.tables: list[str] = []
        self.slow: list[Any] = []  # colleagues in the middle of a long transaction
        self.has_backup = False

    async def begin(self) -> None:
        """Find out which tables there are, and make room for a backup of each."""
        names = await self.superuser.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        )
        self.tables = sorted(name for (name,) in names if name not in LASTING and not name.startswith("migration"))
        await self.superuser.execute("create schema kept")
        for name in self.tables:
            await self.superuser.execute(f'create unlogged table kept."{name}" (like public."{name}")')

    async def reset(self) -> None:
        """Empty the database of what the last run left, and put some cards there."""
        await self.close()
        self.has_backup = False
        wipe = "".join(f'delete from public."{name}";' for name in self.tables)
        await self._as_replica(wipe)
        for account, posts in POSTS.items():
            await self.posts(account=str(account), posts=posts)
        async with DB.scope(EVERYWHERE), transaction():
            for number in range(4):
                await self._insert("card" if number else "secret", f"begun {number}")

    async def close(self) -> None:
        """Let everybody finish."""
        while self.slow:
            await self._commit()

    async def _as_replica(self, sql: str) -> None:
        """Run `sql` in one transaction that no trigger and no foreign key minds."""
        async with self.superuser.transaction():
            await self.superuser.execute("set local session_replication_role = replica;" + sql)

    async def happens(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what the page asks for."""
        name = asked.pop("name")
        return await getattr(self, name)(**asked) or {}

    async def desk(self, what: str, which: int, **_step: Any) -> None:
        """A colleague changes something."""
        if what in ("begin", "commit"):
            await (self._begin() if what == "begin" else self._commit())
            return
        async with DB.scope(EVERYWHERE), transaction():
            if what in ("make", "secret"):
                await self._insert("secret" if what == "secret" else "card", f"desk {which}")
                return
            # The same card whenever a run is replayed: ids are made by chance, names and their order are not.
            card = await fetchval(
                "select id from chaos_card order by kind, name, id offset $1 % (select greatest(count(*), 1) from chaos_card) limit 1",
                which,
            )
            change = {
                "tick": "update chaos_card set ticks = ticks || $2::text, version = version + 1 where id = $1",
                "name": "update chaos_card set name = $2, version = version + 1 where id = $1",
                "remove": "delete from chaos_card where id = $1 and $2 <> '' and (select count(*) > 6 from chaos_card)",
            }[what]
            await execute(change, card, f"desk {which}")

    @staticmethod
    async def _insert(kind: str, name: str) -> None:
        await execute(
            "insert into chaos_card (id, kind, community_id, name) values ($1, $2, $3, $4)",
            uuid4(),
            kind,
            SUNSHINE,
            name,
        )

    async def _begin(self) -> None:
        """A colleague begins a transaction that takes long: it has already written, and will commit later."""
        if not self.desks:
            return
        line = self.desks.pop()
        begun = line.transaction()
        await begun.start()
        await line.execute("select set_config('neiye.reach', '*', true)")
        await line.execute(
            "insert into chaos_card (id, kind, community_id, name) values ($1, 'card', $2, 'slow')", uuid4(), SUNSHINE
        )
        self.slow.append((line, begun))

    async def _commit(self) -> None:
        """The colleague who began first is done."""
        if self.slow:
            line, begun = self.slow.pop(0)
            await begun.commit()
            self.desks.append(line)

    async def posts(self, account: str, posts: list[str], **_step: Any) -> None:
        """Somebody's posts are taken and given."""
        async with DB.scope(EVERYWHERE), transaction():
            person = await fetchval(
                "select id from person where account_id = $1 and community_id = $2", UUID(account), SUNSHINE
            )
            await execute("delete from post where person_id = $1", person)
            for post in posts:
                await execute(
                    "insert into post (id, community_id, person_id, post, since) values ($1, $2, $3, $4, $5)",
                    uuid4(), SUNSHINE, person, post, date(2024, 1, 1),
                )  # fmt: skip

    async def piece(self, **_step: Any) -> dict[str, int]:
        """Pieces of unfinished photos vanish."""
        async with DB.scope(EVERYWHERE):
            return {
                "deleted": int(
                    await fetchval("with gone as (delete from sync_blob returning 1) select count(*) from gone")
                )
            }

    async def backup(self, **_step: Any) -> None:
        """Make a backup."""
        copy = "".join(
            f'truncate kept."{name}"; insert into kept."{name}" select * from public."{name}";' for name in self.tables
        )
        await self.superuser.execute(copy)
        self.has_backup = True

    async def restore(self, **_step: Any) -> dict[str, bool]:
        """Put the backup in the database's place, as `neiye restore` does; everybody's newest work is gone from the server."""
        if not self.has_backup:
            return {"restored": False}
        await self.close()
        back = "".join(
            f'delete from public."{name}"; insert into public."{name}" select * from kept."{name}";'
            for name in self.tables
        )
        await self._as_replica(back + "select sync_new_epoch();")
        return {"restored": True}

    async def heal(self, **_step: Any) -> None:
        """Everybody is done, everybody has a post, and the server is as new as the newest phone."""
        await self.close()
        async with DB.scope(EVERYWHERE):
            for account in POSTS:
                if not await fetchval(
                    "select count(*) from post join person on person.id = person_id where account_id = $1", account
                ):
                    await self.posts(account=str(account), posts=["patrol"])
        for type_, _ in feature.UPCASTS:
            known = operations._operations[type_]
            operations._operations[type_] = operations.Operation(
                type_, known.label, known.targets, known.carry_out, version=3
            )
