"""What the company's administrators set: who may do what, and its communities."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException

from server.accounts import matrix
from server.accounts.controllers import said, see_other
from server.communities import governing
from server.communities.founding import NoCompany
from server.communities.governing import Governed
from server.lib.forms import Form, blank, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.capabilities import CAPABILITIES, POSTS
from server.security.guards import can, for_company

DONE = {"saved": N_("已保存"), "unchanged": N_("没有改动"), "founded": N_("小区已建好，可以导入房屋了")}


class MatrixForm(msgspec.Struct):
    """The ticked cells, each "post capability", and the version the form was shown with."""

    seen: str
    cells: list[str] = []


class MatrixController(Controller):
    """The matrix of capabilities."""

    path = "/settings/matrix"

    @get("/", guards=[can("matrix.read", "matrix.write")])
    async def show(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Show who may do what."""
        return await show_matrix(request, actor, 200)

    @post("/", guards=[can("matrix.write")])
    async def update(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Change cells; for everybody who holds the post, from their next page on."""
        form = await read_form(request, MatrixForm)
        if not form.ok or actor.company_id is None:
            raise NotFoundException
        wanted = {(one.partition(" ")[0], one.partition(" ")[2]) for one in form.data.cells}
        try:
            count = await matrix.change(wanted, form.data.seen, by=actor)
        except matrix.Stale:
            return await show_matrix(request, actor, 409)
        return see_other(f"/settings/matrix?done={'saved' if count else 'unchanged'}")


async def show_matrix(request: Request[Any, Any, Any], actor: Actor, status: int) -> Response[Any]:
    """Show the matrix; 409 when somebody else was first."""
    cells = await matrix.cells_of(await matrix.company_of(actor))
    return page(
        request,
        "accounts/matrix.html",
        status,
        cells=cells,
        defaults=matrix.defaults(),
        seen=matrix.version(cells),
        posts=POSTS,
        capabilities=CAPABILITIES,
        is_fixed=matrix.is_fixed,
        writes=actor.can("matrix.write"),
        stale=status == 409,
        flashes=said(request, DONE),
    )


class CommunityForm(msgspec.Struct):
    """A community. How rooms are spoken of is chosen once, when it is founded."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=60)]
    address: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    phone: Annotated[str, msgspec.Meta(max_length=30)] | None = None
    label_template: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class CommunitiesController(Controller):
    """The company's communities."""

    path = "/settings/communities"
    guards = (for_company("community.write"),)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """List them."""
        found = await governing.communities_of(actor)
        return page(request, "accounts/communities.html", communities=found, flashes=said(request, DONE))

    @get("/new")
    async def new(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Show the form of a new one."""
        return show_community(request, blank(), None, 200)

    @post("/")
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Found one."""
        form = await read_form(request, CommunityForm)
        if form.ok and form.data.label_template not in dict(governing.LABEL_TEMPLATES):
            form.fail("label_template", _("请从列表中选择"))
        if form.ok:
            new = form.data
            try:
                await governing.found(new.name, new.address, new.phone, new.label_template or "", by=actor)
                return see_other("/settings/communities?done=founded")
            except NoCompany:
                form.fail("name", _("请先确定属于哪家公司"))
        return show_community(request, form, None, 422)

    @get("/{community_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, community_id: UUID) -> Response[Any]:
        """Show one, to be changed."""
        one = await reached(community_id, actor)
        return show_community(request, blank(name=one.name, address=one.address, phone=one.phone), one, 200)

    @post("/{community_id:uuid}")
    async def update(self, request: Request[Any, Any, Any], actor: Actor, community_id: UUID) -> Response[Any]:
        """Change one."""
        one, form = await reached(community_id, actor), await read_form(request, CommunityForm)
        if not form.ok:
            return show_community(request, form, one, 422)
        await governing.mend(one, form.data.name, form.data.address, form.data.phone, by=actor)
        return see_other("/settings/communities?done=saved")


async def reached(community_id: UUID, by: Actor) -> Governed:
    """Return a community of the company; raise NotFoundException."""
    found = await governing.community(community_id, by=by)
    if found is None:
        raise NotFoundException
    return found


def show_community(
    request: Request[Any, Any, Any], form: Form[Any], one: Governed | None, status: int
) -> Response[Any]:
    """Show the form of a community."""
    templates = [(value, _(example)) for value, example in governing.LABEL_TEMPLATES]
    return page(request, "accounts/community.html", status, form=form, one=one, templates=templates)
