"""Staff, their posts and certificates."""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import second_factor, staff
from server.accounts.controllers import said, see_other
from server.accounts.staff import Member, NotDone
from server.communities.labels import options
from server.lib.formats import today
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.security.actor import Actor
from server.security.capabilities import POSTS
from server.security.guards import can, recent_second_factor

PostName = Literal["manager", "clerk", "cashier", "finance", "repair", "patrol", "steward", "admin"]

DONE = {
    "post": N_("岗位已保存"),
    "certificate": N_("证书已保存"),
    "left": N_("已办理离职"),
    "factor": N_("两步验证已关闭，请提醒本人重新设置"),
}


class HireForm(msgspec.Struct):
    """The form of a new member of staff."""

    name: Annotated[str, msgspec.Meta(max_length=60)]
    phone: Annotated[str, msgspec.Meta(max_length=20)]
    since: dt.date
    posts: list[PostName] = []
    login: Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[A-Za-z0-9._-]*$")] | None = None


class PostForm(msgspec.Struct):
    """One more post."""

    post: PostName
    since: dt.date
    until: dt.date | None = None


class EndForm(msgspec.Struct):
    """The last day of a post or of everything."""

    until: dt.date


class CertificateForm(msgspec.Struct):
    """A certificate."""

    kind: Annotated[str, msgspec.Meta(max_length=40)]
    number: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    issued_on: dt.date | None = None
    expires_on: dt.date | None = None


class StaffController(Controller):
    """The list, and a page for each."""

    path = "/staff"
    guards = (can("staff.read"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List the staff."""
        query = request.query_params
        filters: dict[str, Any] = {
            "q": query.get("q", "").strip()[:40],
            "post": query.get("post", "") if query.get("post", "") in POSTS else "",
            "former": query.get("show") == "former",
            "expiring": query.get("show") == "expiring",
        }
        found = await staff.members(page_number(request), by=actor, **filters)
        return page(
            request,
            "accounts/staff.html",
            page=found,
            filters=filters,
            show=query.get("show", ""),
            posts=POSTS,
            options=options(POSTS),
            base=base_address(request),
        )

    @get("/new", guards=[can("staff.write")])
    async def new(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form of a new member."""
        return page(request, "accounts/staff_new.html", form=blank(since=today()), options=options(POSTS))

    @post("/", guards=[can("staff.write")])
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Put somebody into posts; a one-time password is shown this once."""
        form = await read_form(request, HireForm)
        if form.ok and not form.data.posts:
            form.fail("posts", _("至少选一个岗位"))
        if form.ok:
            try:
                one = form.data
                person_id, password = await staff.hire(
                    one.name, one.phone, one.login, list(dict.fromkeys(one.posts)), one.since, by=actor
                )
                return show_password(request, one.name, one.login or one.phone, password, person_id)
            except NotDone as refused:
                form.fail(refused.field or "name", _(refused.message))
        return page(request, "accounts/staff_new.html", 422, form=form, options=options(POSTS))

    @get("/{person_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Show somebody's posts, certificates and login."""
        return await show_member(request, actor, await reached(person_id, actor))

    @post("/{person_id:uuid}/posts", guards=[can("staff.write")])
    async def give(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Put somebody into one more post."""
        one, form = await reached(person_id, actor), await read_form(request, PostForm)
        if form.ok:
            try:
                await staff.give_post(person_id, form.data.post, form.data.since, form.data.until, by=actor)
                return see_other(f"/staff/{person_id}?done=post")
            except NotDone as refused:
                form.fail(refused.field or "post", _(refused.message))
        return await show_member(request, actor, one, post=form)

    @post("/{person_id:uuid}/posts/{post_id:uuid}/end", guards=[can("staff.write")])
    async def end(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID, post_id: UUID) -> Response[Any]:
        """End a post."""
        one, form = await reached(person_id, actor), await read_form(request, EndForm)
        if form.ok:
            try:
                await staff.end_post(person_id, post_id, form.data.until, by=actor)
                return see_other(f"/staff/{person_id}?done=post")
            except NotDone as refused:
                form.fail(refused.field or "until", _(refused.message))
        return await show_member(request, actor, one, trouble=form)

    @post("/{person_id:uuid}/leaving", guards=[can("staff.write")])
    async def leave(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """End the employment."""
        one, form = await reached(person_id, actor), await read_form(request, EndForm)
        if form.ok:
            try:
                await staff.leave(person_id, form.data.until, by=actor)
                return see_other(f"/staff/{person_id}?done=left")
            except NotDone as refused:
                form.fail(refused.field or "until", _(refused.message))
        return await show_member(request, actor, one, trouble=form)

    @post("/{person_id:uuid}/certificates", guards=[can("staff.write")])
    async def certify(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Note a certificate."""
        one, form = await reached(person_id, actor), await read_form(request, CertificateForm)
        if form.ok:
            try:
                new = form.data
                await staff.add_certificate(person_id, new.kind, new.number, new.issued_on, new.expires_on, by=actor)
                return see_other(f"/staff/{person_id}?done=certificate")
            except NotDone as refused:
                form.fail(refused.field, _(refused.message))
        return await show_member(request, actor, one, certificate=form)

    @post("/{person_id:uuid}/certificates/{certificate_id:uuid}/removal", guards=[can("staff.write")])
    async def remove_certificate(self, actor: Actor, person_id: UUID, certificate_id: UUID) -> Response[Any]:
        """Take a certificate away."""
        if not await staff.remove_certificate(person_id, certificate_id, by=actor):
            raise NotFoundException
        return see_other(f"/staff/{person_id}?done=certificate")

    @post("/{person_id:uuid}/password", guards=[can("staff.write")])
    async def reset(self, request: Request[Any, Any, Any], actor: Actor, person_id: UUID) -> Response[Any]:
        """Give somebody a one-time password, shown this once."""
        one = await reached(person_id, actor)
        if one.account_id is None or not await staff.may_reset(one.account_id, by=actor):
            raise NotFoundException
        password = await staff.reset_password(one.account_id, by=actor, community_id=actor.here)
        return show_password(request, one.name, one.login or one.phone or "", password, person_id)

    @post("/{person_id:uuid}/second-factor/removal", guards=[recent_second_factor, can("staff.write")])
    async def remove_factor(self, actor: Actor, person_id: UUID) -> Response[Any]:
        """Take the second factor of somebody who lost phone and codes; only company administrators."""
        one = await reached(person_id, actor)
        if one.account_id is None or not actor.is_company_admin or not await staff.may_reset(one.account_id, by=actor):
            raise NotFoundException
        await second_factor.remove(one.account_id, by=actor)
        return see_other(f"/staff/{person_id}?done=factor")


async def reached(person_id: UUID, by: Actor) -> Member:
    """Return the member of staff; raise NotFoundException outside the community."""
    found = await staff.member(person_id, by=by)
    if found is None:
        raise NotFoundException
    return found


async def show_member(
    request: Request[Any, Any, Any],
    actor: Actor,
    one: Member,
    *,
    post: Form[Any] | None = None,
    certificate: Form[Any] | None = None,
    trouble: Form[Any] | None = None,
) -> Response[Any]:
    """Show somebody's page; with a form that was refused, status 422."""
    refused = post or certificate or trouble
    own = one.account_id == actor.account_id
    return page(
        request,
        "accounts/staff_member.html",
        422 if refused else 200,
        one=one,
        own=own,
        writes=actor.can("staff.write"),
        may_reset=bool(one.account_id and actor.can("staff.write") and await staff.may_reset(one.account_id, by=actor)),
        held=await staff.posts_of(one.id),
        certificates=await staff.certificates_of(one.id),
        posts=POSTS,
        options=options(POSTS),
        kinds=staff.KINDS,
        post_form=post,
        certificate_form=certificate,
        trouble=trouble,
        flashes=said(request, DONE),
    )


def show_password(
    request: Request[Any, Any, Any], name: str, login: str, password: str | None, person_id: UUID
) -> Response[Any]:
    """Show a one-time password this once (or that the old one holds)."""
    return page(request, "accounts/staff_password.html", who=name, login=login, password=password, person_id=person_id)
