"""The jobs' screen: each community sees its own; a dead job gets another life."""

from server.db import DB, EVERYWHERE, execute, fetchval
from server.jobs.queue import enqueue
from tests.cast import ADMIN, CHEN, SUN, SUNSHINE, WANG


async def a_dead_job(community_id) -> object:
    async with DB.scope(EVERYWHERE):
        id_ = await enqueue("jobs.purge", {}, community_id=community_id)
        await execute("update job set state = 'dead', attempts = 8, last_error = '网断了' where id = $1", id_)
    return id_


async def state_of(id_) -> str:
    async with DB.scope(EVERYWHERE):
        return await fetchval("select state from job where id = $1", id_)


async def test_the_manager_sees_and_retries_the_own_dead_job(client_for):
    id_ = await a_dead_job(SUNSHINE)
    wang = await client_for(WANG)
    assert "网断了" in (await wang.get("/settings/jobs?state=dead")).text
    assert (await wang.post(f"/settings/jobs/{id_}/retry")).status_code == 303
    assert await state_of(id_) == "ready"


async def test_a_rival_neither_sees_nor_retries_it(client_for):
    id_ = await a_dead_job(SUNSHINE)
    sun = await client_for(SUN)
    assert "网断了" not in (await sun.get("/settings/jobs")).text
    assert (await sun.post(f"/settings/jobs/{id_}/retry")).status_code == 404
    assert await state_of(id_) == "dead"


async def test_the_companys_jobs_are_for_its_administrators(client_for):
    id_ = await a_dead_job(None)
    assert (await (await client_for(WANG)).post(f"/settings/jobs/{id_}/retry")).status_code == 404
    assert (await (await client_for(ADMIN)).post(f"/settings/jobs/{id_}/retry")).status_code == 303


async def test_an_owner_meets_404(client_for):
    assert (await (await client_for(CHEN)).get("/settings/jobs")).status_code == 404
