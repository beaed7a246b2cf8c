"""Old sessions do not pile up."""

from server.db import DB, EVERYWHERE, execute, fetchval
from server.jobs.worker import drain, keep_timetable
from tests.cast import WANG


async def test_a_session_table_filled_by_many_sign_ins_is_purged_by_the_timetable(db):
    async with DB.scope(EVERYWHERE):
        await execute(
            "insert into session (token_hash, id, account_id, expires_at, ip, user_agent, csrf_secret)"
            " select sha256(n::text::bytea), gen_random_uuid(), $1, now() + (n - 20000.5) * interval '1 hour', '', '', 'ab'"
            " from generate_series(1, 20010) as n",
            WANG.account_id,
        )
    await keep_timetable()
    await drain()
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from session") == 10
        assert await fetchval("select count(*) from session where expires_at < now()") == 0
