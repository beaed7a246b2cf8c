"""Staff 员工: who works in the community, in which posts, since when, with which certificates.

Nobody changes their own posts. Posts and certificates are never deleted when they end, only dated.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from server.accounts.joining import same_name
from server.accounts.signing_in import tidy_login
from server.audit import record
from server.db import changed, execute, fetchrow, fetchval, row, rows, system_reach, transaction
from server.lib.formats import today
from server.lib.i18n import N_
from server.lib.ids import uuid7
from server.lib.paging import PAGE_SIZE, Page, offset
from server.security import passwords
from server.security.actor import Actor
from server.security.secrets_ import readable_code
from server.security.sessions import close_sessions

SOON = timedelta(days=30)
"""A certificate that runs out within this time is warned of."""

KINDS = (
    "保安员证",
    "消防设施操作员证",
    "低压电工证",
    "高压电工证",
    "电梯安全管理员证",
    "健康证",
    "会计证",
    "物业管理证书",
)
"""The certificates property offices ask for; any other word can be typed."""


class NotDone(Exception):
    """The change is not allowed; `message` is for the person, `field` is where it stands."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


OWN = N_("不能修改自己的岗位，请同事或公司管理员来改")


class Member(msgspec.Struct):
    """A member of staff in the list."""

    id: UUID
    name: str
    phone: str | None
    account_id: UUID | None
    login: str | None
    posts: list[str]
    since: date | None
    left_on: date | None
    expires_on: date | None
    disabled_at: datetime | None
    last_seen_at: datetime | None
    has_second_factor: bool

    @property
    def is_here(self) -> bool:
        """Whether a post is held today."""
        return bool(self.posts)

    @property
    def warning(self) -> str:
        """expired, soon or '': how the certificate stands that runs out first."""
        return expiry_state(self.expires_on)


class HeldPost(msgspec.Struct):
    """A post somebody holds or held."""

    id: UUID
    post: str
    since: date
    until: date | None

    @property
    def is_current(self) -> bool:
        """Whether it is held today."""
        return self.since <= today() and (self.until is None or self.until >= today())


class Certificate(msgspec.Struct):
    """A certificate of a member of staff."""

    id: UUID
    kind: str
    number: str | None
    issued_on: date | None
    expires_on: date | None

    @property
    def warning(self) -> str:
        """expired, soon or ''."""
        return expiry_state(self.expires_on)


def expiry_state(expires_on: date | None) -> str:
    """Return expired, soon (within SOON) or ''."""
    if expires_on is None:
        return ""
    if expires_on < today():
        return "expired"
    return "soon" if expires_on <= today() + SOON else ""


MEMBERS = """
select person.id, person.name, person.phone, person.account_id, account.login,
    coalesce(array_agg(distinct post.post::text) filter (where post.since <= $2 and coalesce(post.until, $2) >= $2), '{}') as posts,
    min(post.since) as since,
    case when bool_or(post.until is null) then null else max(post.until) end as left_on,
    (select min(expires_on) from certificate where certificate.person_id = person.id) as expires_on,
    account.disabled_at,
    (select max(last_seen_at) from session where session.account_id = person.account_id) as last_seen_at,
    account.totp_confirmed_at is not null as has_second_factor
from person join post on post.person_id = person.id left join account on account.id = person.account_id
where person.community_id = $1
"""
GROUPED = " group by person.id, account.id"


async def members(
    number: int, *, by: Actor, q: str = "", post: str = "", former: bool = False, expiring: bool = False
) -> Page[Member]:
    """Return a page of the community's staff: those in a post now (or `former`), found by name, phone, post, certificate."""
    sql = (
        f"select * from ({MEMBERS}{GROUPED}) as member where (cardinality(posts) > 0) <> $3"
        " and ($4 = '' or position($4 in name) > 0 or position($4 in coalesce(phone, '')) > 0 or login = lower($4))"
        " and ($5 = '' or $5 = any (posts)) and (not $6 or expires_on <= $7)"
    )
    arguments = (by.here, today(), former, q, post, expiring, today() + SOON)
    total = await fetchval(f"select count(*) from ({sql}) as found", *arguments)
    items = await rows(Member, f"{sql} order by since, name limit $8 offset $9", *arguments, PAGE_SIZE, offset(number))
    return Page(items, total, number)


async def member(person_id: UUID, *, by: Actor) -> Member | None:
    """Return one member of staff of the community, or None."""
    return await row(Member, MEMBERS + " and person.id = $3" + GROUPED, by.here, today(), person_id)


async def posts_of(person_id: UUID) -> list[HeldPost]:
    """Return the posts somebody holds and held, the present ones first."""
    return await rows(
        HeldPost,
        "select id, post, since, until from post where person_id = $1 order by until is not null, since desc",
        person_id,
    )


async def certificates_of(person_id: UUID) -> list[Certificate]:
    """Return somebody's certificates, the first to run out first."""
    return await rows(
        Certificate,
        "select id, kind, number, issued_on, expires_on from certificate where person_id = $1 order by expires_on, kind",
        person_id,
    )


async def hire(
    name: str, phone: str, login: str | None, posts: list[str], since: date, *, by: Actor
) -> tuple[UUID, str | None]:
    """Put somebody into posts; return the person, and a one-time password if there was no account before.

    Somebody known by the same name and phone (an owner who works here, a colleague from another community) is the same
    person and keeps the password.
    """
    phone = tidy_login(phone)
    if not phone.isdigit() or not 8 <= len(phone) <= 15:
        raise NotDone(N_("请填写 11 位手机号"), "phone")
    login = login.strip().lower() if login else None
    if login and (
        login.isdigit() or await fetchval("select id from account where login = $1 and phone <> $2", login, phone)
    ):
        raise NotDone(N_("这个用户名已被使用，或者全是数字，请换一个"), "login")
    account = await fetchrow("select id, name, disabled_at from account where phone = $1", phone)
    if account is not None and not same_name(account["name"], name):
        raise NotDone(N_("这个手机号已被另一位使用，请核对"), "phone")
    if account is not None and account["id"] == by.account_id:
        raise NotDone(OWN, "phone")
    password = readable_code(10) if account is None or account["disabled_at"] else None
    hashed = await passwords.make_hash(password) if password else None
    async with transaction():
        account_id = await _keep_account(account["id"] if account else None, name, phone, login, hashed, by)
        person_id = await _keep_person(account_id, name, phone, by)
        for post in posts:
            await _give(person_id, post, since, by)
    return person_id, password


async def _keep_account(
    known: UUID | None, name: str, phone: str, login: str | None, hashed: str | None, by: Actor
) -> UUID:
    """Return the account, made or opened again if need be, and count it among the company's."""
    company_id = await fetchval("select company_id from community where id = $1", by.here)
    account_id = known or uuid7()
    if known is None:
        await execute(
            "insert into account (id, company_id, login, phone, name, password_hash, must_change_password, locale)"
            " values ($1, $2, $3, $4, $5, $6, true, 'zh-CN')",
            account_id,
            company_id,
            login,
            phone,
            name,
            hashed,
        )
        await record(
            by, "account.create", community_id=by.here, entity="account", entity_id=account_id, after={"name": name}
        )
    else:
        await execute(
            "update account set company_id = coalesce(company_id, $2), login = coalesce(login, $3), disabled_at = null,"
            " password_hash = coalesce($4, password_hash), must_change_password = must_change_password or $4 is not null"
            " where id = $1",
            account_id,
            company_id,
            login,
            hashed,
        )
    return account_id


async def _keep_person(account_id: UUID, name: str, phone: str, by: Actor) -> UUID:
    """Return the person in this community's register who has the account, or is known by name and phone, or is new."""
    person_id = await fetchval(
        "select id from person where community_id = $1 and (account_id = $2 or (account_id is null and name = $3 and phone = $4))"
        " order by account_id is null, created_at limit 1",
        by.here,
        account_id,
        name,
        phone,
    )
    if person_id is not None:
        await execute(
            "update person set account_id = $2, version = version + 1 where id = $1 and account_id is null",
            person_id,
            account_id,
        )
        return UUID(str(person_id))
    id_ = uuid7()
    await execute(
        "insert into person (id, community_id, account_id, name, kind, phone) values ($1, $2, $3, $4, 'natural', $5)",
        id_,
        by.here,
        account_id,
        name,
        phone,
    )
    return id_


async def give_post(person_id: UUID, post: str, since: date, until: date | None, *, by: Actor) -> None:
    """Put a member of staff into one more post; raise NotDone for one's own, or one that is held already."""
    await _refuse_own(person_id, by)
    if until is not None and until < since:
        raise NotDone(N_("结束日期早于开始日期"), "until")
    async with transaction():
        await _give(person_id, post, since, by, until)


async def _give(person_id: UUID, post: str, since: date, by: Actor, until: date | None = None) -> None:
    given = await changed(
        "insert into post (id, community_id, person_id, post, since, until) select $1, $2, $3, $4::text, $5::date, $6"
        " where not exists (select from post where person_id = $3 and post = $4::text and coalesce(until, $5) >= $5)",
        uuid7(),
        by.here,
        person_id,
        post,
        since,
        until,
    )
    if not given:
        raise NotDone(N_("这位员工已经在这个岗位上"), "post")
    await record(
        by,
        "post.give",
        community_id=by.here,
        entity="person",
        entity_id=person_id,
        after={"post": post, "since": since, "until": until},
    )


async def end_post(person_id: UUID, post_id: UUID, until: date, *, by: Actor) -> None:
    """End a post on `until` (its last day); raise NotDone for one's own, or a day before it began."""
    await _refuse_own(person_id, by)
    async with transaction():
        post = await fetchval(
            "update post set until = $3 where id = $1 and person_id = $2 and since <= $3 and (until is null or until > $3)"
            " returning post",
            post_id,
            person_id,
            until,
        )
        if post is None:
            raise NotDone(N_("最后一天不能早于开始日期，也不能晚于已定的最后一天"), "until")
        await record(
            by,
            "post.end",
            community_id=by.here,
            entity="person",
            entity_id=person_id,
            after={"post": post, "until": until},
        )


async def leave(person_id: UUID, last_day: date, *, by: Actor) -> None:
    """End somebody's employment here: posts end on `last_day`, and if that is today or past, every session at once.

    The account is closed as well unless its holder lives here or works elsewhere.
    """
    account_id = await _refuse_own(person_id, by)
    async with transaction():
        ended = await changed(
            "update post set until = greatest($2, since) where person_id = $1 and (until is null or until > $2)",
            person_id,
            last_day,
        )
        if not ended:
            raise NotDone(N_("这位员工已经没有在任的岗位"), "until")
        if last_day <= today() and account_id is not None:
            await close_sessions(account_id)
            if not await _has_another_role(account_id, person_id):
                await execute("update account set disabled_at = now() where id = $1", account_id)
        await record(
            by,
            "post.leave",
            community_id=by.here,
            entity="person",
            entity_id=person_id,
            after={"until": last_day, "posts": ended},
        )


async def _has_another_role(account_id: UUID, person_id: UUID) -> bool:
    """Whether the account is a company administrator, lives in some room, or holds a post besides this person's."""
    async with system_reach():
        return bool(
            await fetchval(
                "select is_company_admin or exists (select from person p join occupancy o on o.person_id = p.id"
                "  where p.account_id = $1 and (o.until is null or o.until >= $3))"
                " or exists (select from person p join post on post.person_id = p.id"
                "  where p.account_id = $1 and p.id <> $2 and (post.until is null or post.until >= $3))"
                " from account where id = $1",
                account_id,
                person_id,
                today(),
            )
        )


async def _refuse_own(person_id: UUID, by: Actor) -> UUID | None:
    """Return the person's account; raise NotDone when it is the actor's own."""
    account_id = await fetchval("select account_id from person where id = $1 and community_id = $2", person_id, by.here)
    if account_id is not None and account_id == by.account_id:
        raise NotDone(OWN)
    return account_id if account_id is None else UUID(str(account_id))


async def may_reset(account_id: UUID, *, by: Actor) -> bool:
    """Whether `by` may give the account a new password: nobody may get into another community's business this way."""
    if account_id == by.account_id:
        return False
    async with system_reach():
        found = await fetchrow(
            "select is_company_admin, company_id, exists (select from person where account_id = $1 and community_id <> $2)"
            " as elsewhere from account where id = $1",
            account_id,
            by.here,
        )
    if found is None or (by.is_company_admin and found["company_id"] != by.company_id):
        return False
    return by.is_company_admin or not (found["is_company_admin"] or found["elsewhere"])


async def reset_password(account_id: UUID, *, by: Actor, community_id: UUID | None) -> str:
    """Give the account a one-time password and end its sessions; return the password, to be shown once."""
    password = readable_code(10)
    hashed = await passwords.make_hash(password)
    async with transaction():
        await execute(
            "update account set password_hash = $2, must_change_password = true where id = $1",
            account_id,
            hashed,
        )
        await close_sessions(account_id)
        await record(by, "password.reset", community_id=community_id, entity="account", entity_id=account_id)
    return password


async def add_certificate(
    person_id: UUID, kind: str, number: str | None, issued_on: date | None, expires_on: date | None, *, by: Actor
) -> None:
    """Note a certificate; raise NotDone when it runs out before it was issued."""
    if issued_on and expires_on and expires_on < issued_on:
        raise NotDone(N_("到期日期早于发证日期"), "expires_on")
    async with transaction():
        await execute(
            "insert into certificate (id, community_id, person_id, kind, number, issued_on, expires_on)"
            " values ($1, $2, $3, $4, $5, $6, $7)",
            uuid7(),
            by.here,
            person_id,
            kind,
            number,
            issued_on,
            expires_on,
        )
        await record(
            by,
            "certificate.add",
            community_id=by.here,
            entity="person",
            entity_id=person_id,
            after={"kind": kind, "expires_on": expires_on},
        )


async def remove_certificate(person_id: UUID, certificate_id: UUID, *, by: Actor) -> bool:
    """Take a certificate away (entered by mistake, or replaced); return whether there was one."""
    async with transaction():
        gone = await fetchrow(
            "delete from certificate where id = $1 and person_id = $2 and community_id = $3 returning kind, expires_on",
            certificate_id,
            person_id,
            by.here,
        )
        if gone is not None:
            await record(
                by,
                "certificate.remove",
                community_id=by.here,
                entity="person",
                entity_id=person_id,
                before={"kind": gone["kind"], "expires_on": gone["expires_on"]},
            )
    return gone is not None
