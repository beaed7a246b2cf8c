"""`neiye user`: the first administrator, lost passwords, and posts, from the command line of the server."""

import asyncio
import datetime as dt
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from server.commands.parts import data_option, json_option, running
from server.embedded.trouble import Trouble

POSTS = ("manager", "clerk", "cashier", "finance", "repair", "patrol", "steward", "admin")


@click.group()
def user() -> None:
    """账号：新建、重置密码、岗位。 Accounts: create, reset, roles."""


@user.command()
@click.argument("login")
@click.option("--name", required=True, help="姓名 / name")
@click.option("--phone", help="手机号 / phone number")
@click.option("--company-admin", is_flag=True, help="公司管理员，管所有小区 / administrator of every community")
@click.option("--community", help="小区名称 / community (with --post)")
@click.option("--post", "posts", multiple=True, type=click.Choice(POSTS), help="岗位，可多个 / post, repeatable")
@data_option
@json_option
def create(
    login: str,
    name: str,
    phone: str | None,
    company_admin: bool,
    community: str | None,
    posts: tuple[str, ...],
    data: Path,
    as_json: bool,
) -> None:
    """新建账号，打印一次性密码。 Make an account and print its one-time password.

    The first one should be a company administrator: neiye user create wang --name 王建国 --company-admin
    """
    if bool(posts) != bool(community):
        raise Trouble("--post 和 --community 要一起用。", "--post and --community go together.")
    with running(data):
        password = _run(_create(login, name, phone, company_admin, community, posts))
    _tell({"login": login.lower(), "password": password}, as_json)


@user.command()
@click.argument("login")
@click.option("--second-factor", is_flag=True, help="同时关闭两步验证 / take the second factor away, too")
@data_option
@json_option
def reset(login: str, second_factor: bool, data: Path, as_json: bool) -> None:
    """生成一次性密码，所有设备退出登录。 Print a new one-time password; every device is signed out."""
    with running(data):
        password = _run(_reset(login, second_factor))
    _tell({"login": login.lower(), "password": password}, as_json)


@user.command()
@click.argument("login")
@click.option("--community", help="小区名称 / community")
@click.option("--add", "added", multiple=True, type=click.Choice(POSTS), help="增加岗位 / give a post")
@click.option("--end", "ended", multiple=True, type=click.Choice(POSTS), help="结束岗位 / end a post today")
@data_option
@json_option
def roles(
    login: str, community: str | None, added: tuple[str, ...], ended: tuple[str, ...], data: Path, as_json: bool
) -> None:
    """查看或修改岗位。 Show somebody's posts, or change them."""
    if (added or ended) and not community:
        raise Trouble("请用 --community 说明是哪个小区。", "Say with --community where.")
    with running(data):
        held = _run(_roles(login, community, added, ended))
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(held).decode())
        return
    for line in held:
        click.echo("\t".join(str(value) for value in line.values()))
    if not held:
        click.echo("没有岗位。 No posts.")


def _tell(facts: dict[str, str], as_json: bool) -> None:
    """Print a login with its one-time password."""
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(facts).decode())
        return
    click.echo(f"账号 login:          {facts['login']}\n一次性密码 password: {facts['password']}")
    click.echo("第一次登录后要换成自己的密码。 It has to be changed at the first sign-in.")


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Do `work` with the database open and every community in reach."""

    async def inside() -> Any:
        from server.db import DB, EVERYWHERE, database, migrate

        async with database(max_size=2):
            await migrate()
            async with DB.scope(EVERYWHERE):
                return await work

    return asyncio.run(inside())


async def _account(login: str) -> Any:
    """Return the account, disabled or not; raise Trouble."""
    from server.accounts.signing_in import tidy_login
    from server.db import fetchrow

    found = await fetchrow("select id, name, phone from account where login = $1 or phone = $1", tidy_login(login))
    if found is None:
        raise Trouble(f"没有账号 {login}。", f"There is no account {login}.")
    return found


async def _community(name: str) -> Any:
    """Return the community; raise Trouble with the names there are."""
    from server.db import fetch, fetchrow

    found = await fetchrow("select id, company_id from community where name = $1 or code = $1", name)
    if found is None:
        names = "、".join(row["name"] for row in await fetch("select name from community order by name limit 20"))
        raise Trouble(
            f"没有小区“{name}”。现有：{names or '无'}", f"There is no community {name}. There are: {names or 'none'}"
        )
    return found


async def _create(
    login: str, name: str, phone: str | None, company_admin: bool, community: str | None, posts: tuple[str, ...]
) -> str:
    """Make the account; the first company administrator of an empty installation makes the company as well."""
    from server.accounts.signing_in import tidy_login
    from server.audit import record
    from server.db import execute, fetchval, transaction
    from server.lib.ids import uuid7
    from server.security.actor import SYSTEM
    from server.security.passwords import make_hash
    from server.security.secrets_ import readable_code

    login, phone = login.strip().lower(), tidy_login(phone) if phone else None
    if login.isdigit() or not login.isascii() or len(login) > 60:
        raise Trouble("用户名要有字母，只用字母和数字。", "A user name has letters, and only letters and digits.")
    taken = "select exists (select from account where login = $1 or phone = $2)"
    if await fetchval(taken, login, phone):
        raise Trouble("这个用户名或手机号已有账号。", "There is an account with this user name or phone.")
    password, id_ = readable_code(10), uuid7()
    hashed = await make_hash(password)
    place: Any = await _community(community) if community else None
    async with transaction():
        company_id = place["company_id"] if place else await _company() if company_admin else None
        await execute(
            "insert into account (id, company_id, login, phone, name, password_hash, must_change_password,"
            " is_company_admin, locale) values ($1, $2, $3, $4, $5, $6, true, $7, 'zh-CN')",
            id_,
            company_id,
            login,
            phone,
            name,
            hashed,
            company_admin,
        )
        after = {"name": name, "company_admin": company_admin}
        await record(SYSTEM, "account.create", community_id=None, entity="account", entity_id=id_, after=after)
        for post in posts:
            await _give(id_, name, phone, place["id"], post)
    return password


async def _company() -> UUID:
    """Return the company, made now if there is none."""
    from server.db import execute, fetch
    from server.lib.ids import uuid7

    found = await fetch("select id from company limit 2")
    if len(found) > 1:
        raise Trouble("有不止一家公司，请用 --community 说明。", "There is more than one company: use --community.")
    if found:
        return UUID(str(found[0]["id"]))
    id_ = uuid7()
    await execute("insert into company (id, name) values ($1, '物业公司')", id_)
    return id_


async def _give(account_id: UUID, name: str, phone: str | None, community_id: UUID, post: str) -> None:
    """Put the account's person in the community into a post."""
    from server.accounts.staff import NotDone, give_post
    from server.db import execute, fetchval
    from server.lib.formats import today
    from server.lib.ids import uuid7
    from server.security.actor import SYSTEM

    person_id = await fetchval(
        "select id from person where community_id = $1 and account_id = $2", community_id, account_id
    )
    if person_id is None:
        person_id = uuid7()
        await execute(
            "insert into person (id, community_id, account_id, name, kind, phone) values ($1, $2, $3, $4, 'natural', $5)",
            person_id,
            community_id,
            account_id,
            name,
            phone,
        )
    try:
        await give_post(person_id, post, today(), None, by=_system_in(SYSTEM, community_id))
    except NotDone as refused:
        raise Trouble(refused.message, f"The post {post} is held already.") from refused


def _system_in(system: Any, community_id: UUID) -> Any:
    """Return the system itself at work in a community."""
    import msgspec

    return msgspec.structs.replace(system, community_id=community_id)


async def _reset(login: str, second_factor: bool) -> str:
    from server.accounts import second_factor as factor
    from server.accounts import staff
    from server.security.actor import SYSTEM

    account = await _account(login)
    if second_factor:
        await factor.remove(account["id"], by=SYSTEM, reason="neiye user reset")
    return await staff.reset_password(account["id"], by=SYSTEM, community_id=None)


async def _roles(
    login: str, community: str | None, added: tuple[str, ...], ended: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Change the posts, then return them all."""
    from server.db import fetch, transaction

    account = await _account(login)
    async with transaction():
        place: Any = await _community(community) if community else None
        for post in added:
            await _give(account["id"], account["name"], account["phone"], place["id"], post)
        for post in ended:
            await _end(account["id"], place["id"], post)
    held = await fetch(
        "select community.name as community, post.post, post.since, post.until from post"
        " join person on person.id = post.person_id join community on community.id = post.community_id"
        " where person.account_id = $1 order by community.name, post.since",
        account["id"],
    )
    return [{key: _plain(value) for key, value in row.items()} for row in held]


def _plain(value: Any) -> str:
    """Return a value for the terminal."""
    return value.isoformat() if isinstance(value, dt.date) else value or ""


async def _end(account_id: UUID, community_id: UUID, post: str) -> None:
    """End a post today."""
    from server.accounts.staff import NotDone, end_post
    from server.db import fetchrow
    from server.lib.formats import today
    from server.security.actor import SYSTEM

    found = await fetchrow(
        "select post.id, post.person_id from post join person on person.id = post.person_id"
        " where person.account_id = $1 and post.community_id = $2 and post.post = $3 and post.until is null",
        account_id,
        community_id,
        post,
    )
    if found is None:
        raise Trouble("没有在任的这个岗位。", f"The post {post} is not held.")
    try:
        await end_post(found["person_id"], found["id"], today(), by=_system_in(SYSTEM, community_id))
    except NotDone as refused:
        raise Trouble(refused.message, "The post has not begun yet.") from refused
