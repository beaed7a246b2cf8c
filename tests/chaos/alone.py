"""Runs without pytest, for `neiye chaos`: on a database of their own, with the people of the tests in it."""

import argon2

from server.db import DB, EVERYWHERE, database, migrate, transaction
from tests.cast import PASSWORD
from tests.chaos.running import Found, play_all
from tests.chaos.stage import stage
from tests.support.casting import put_on_stage


async def play(seed: int, numbers: range, steps: int) -> Found:
    """Play runs `numbers` of `seed` on the configured database, which is empty; return what was found."""
    async with database(max_size=5):
        await migrate()
        async with DB.scope(EVERYWHERE), transaction():
            await put_on_stage(argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD))
        async with stage() as played:
            return await play_all(played, seed, numbers, steps, until=5)
