"""A room's file over HTTP, and the changes of who belongs to it: each is typed, summed up, then confirmed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from server.communities import correcting, letting, moving, occupancies, transferring, vehicles
from server.communities.forms import (
    Correcting,
    Joining,
    Lease,
    Leaving,
    MovingIn,
    NewVehicle,
    Owners,
    RoomFacts,
    read_with_parties,
    refuse,
    settled,
)
from server.communities.labels import KINDS, VACANCIES, options
from server.communities.occupancies import Change, Refused, Stay
from server.communities.parties import Party
from server.communities.rooms import FACTS, Overtaken, Room, edit_room, find_room, residents, room_file
from server.communities.stays import stay_of, stays_of
from server.communities.summaries import sentences, stand_ins, vacancy_sentence
from server.communities.vehicles import tidy_plate
from server.lib.formats import area, day, today
from server.lib.forms import Form, read_form
from server.lib.i18n import N_, _
from server.lib.templating import page
from server.security.actor import Actor
from server.security.guards import can

DONE = {
    "edit": N_("已保存"),
    "hand-over": N_("已办理交付"),
    "move-in": N_("已登记入住"),
    "transfer": N_("已办理过户"),
    "lease": N_("已登记租户"),
    "member": N_("已登记家庭成员"),
    "leave": N_("已登记迁出"),
    "correction": N_("已更正"),
    "vehicle": N_("已登记车辆"),
    "vehicle-end": N_("已注销车辆"),
}


@dataclass(frozen=True)
class Procedure:
    """A change of who belongs to a room: its place under the room's address, its name, how many people it names."""

    key: str
    title: str
    parties: int = 0


HAND_OVER = Procedure("hand-over", N_("办理交付"), 4)
MOVE_IN = Procedure("move-in", N_("登记入住"))
TRANSFER = Procedure("transfer", N_("办理过户"), 4)
LEASE = Procedure("lease", N_("登记租户"), 4)
MEMBER = Procedure("member", N_("登记家庭成员"), 1)

Plan = Callable[[list[Stay], list[UUID]], Change]


def to_room(room_id: UUID, done: str) -> Redirect:
    """Go back to the room and say what was done."""
    return Redirect(f"/rooms/{room_id}?done={done}", status_code=303)


class RoomFiles(Controller):
    """Looking at a room."""

    path = "/rooms/{room_id:uuid}"
    guards = (can("register.read"),)

    @get("/")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Show the household's file."""
        done = DONE.get(request.query_params.get("done", ""))
        file = await room_file(actor, room_id)
        return page(
            request, "communities/room.html", file=file, room=file.room, flashes=[("brand", _(done))] if done else []
        )


class RoomChanges(Controller):
    """Changing a room's facts, its people and its vehicles."""

    path = "/rooms/{room_id:uuid}"
    guards = (can("register.write"),)

    @get("/edit")
    async def edit(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Show the form of the room's facts."""
        return edit_page(request, await find_room(actor, room_id))

    @post("/edit")
    async def update(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Change the facts; when somebody else was faster, show theirs beside what was typed."""
        room = await find_room(actor, room_id)
        form = await read_form(request, RoomFacts)
        if not form.ok:
            return edit_page(request, room, form, 422)
        try:
            await edit_room(room_id, {name: getattr(form.data, name) for name in FACTS}, form.data.version, by=actor)
        except Overtaken as error:
            return edit_page(request, error.now, form, 409, overtaken=True)
        return to_room(room_id, "edit")

    @get(["/hand-over", "/transfer", "/lease", "/move-in", "/member"])
    async def procedure(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Show the form of a change."""
        key = request.scope["path"].rsplit("/", 1)[-1]
        kind = next(one for one in (HAND_OVER, MOVE_IN, TRANSFER, LEASE, MEMBER) if one.key == key)
        return await form_page(request, actor, room_id, kind, None)

    @post("/hand-over")
    async def hand_over(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Give the room to its first owners."""
        form, parties = await read_with_parties(request, Owners, actor)

        def plan(stays: list[Stay], ids: list[UUID]) -> Change:
            told = form.data
            return occupancies.hand_over(stays, ids, told.on, today(), moved_in_on=told.on if told.moved_in else None)

        async def act() -> None:
            await moving.hand_over(room_id, parties, form.data.on, by=actor, moved_in=form.data.moved_in)

        return await decide(request, actor, room_id, HAND_OVER, form, parties, plan, act)

    @post("/move-in")
    async def move_in(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Note that the owners moved in."""
        form = await read_form(request, MovingIn)

        def plan(stays: list[Stay], _ids: list[UUID]) -> Change:
            return occupancies.move_in(stays, form.data.on, today())

        async def act() -> None:
            await moving.move_in(room_id, form.data.on, by=actor)

        return await decide(request, actor, room_id, MOVE_IN, form, [], plan, act)

    @post("/transfer")
    async def transfer(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Transfer the ownership."""
        form, parties = await read_with_parties(request, Owners, actor)

        def plan(stays: list[Stay], ids: list[UUID]) -> Change:
            told = form.data
            return occupancies.transfer(
                stays, ids, told.on, today(), members_leave=told.members_leave, moved_in=told.moved_in
            )

        async def act() -> None:
            told = form.data
            await transferring.transfer(
                room_id, parties, told.on, by=actor, members_leave=told.members_leave, moved_in=told.moved_in,
                reason=told.reason,
            )  # fmt: skip

        return await decide(request, actor, room_id, TRANSFER, form, parties, plan, act)

    @post("/lease")
    async def lease(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Register tenants."""
        form, parties = await read_with_parties(request, Lease, actor)

        def plan(stays: list[Stay], ids: list[UUID]) -> Change:
            return occupancies.let(stays, ids, form.data.since, form.data.until, today())

        async def act() -> None:
            await letting.let(room_id, parties, form.data.since, form.data.until, by=actor)

        return await decide(request, actor, room_id, LEASE, form, parties, plan, act)

    @post("/member")
    async def member(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Register a member of the household."""
        form, parties = await read_with_parties(request, Joining, actor, 1)

        def plan(stays: list[Stay], ids: list[UUID]) -> Change:
            return occupancies.join(stays, ids[0], form.data.since, today())

        async def act() -> None:
            await letting.join(room_id, parties[0], form.data.since, by=actor)

        return await decide(request, actor, room_id, MEMBER, form, parties, plan, act)

    @get("/vehicles")
    async def new_vehicle(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Show the form of a vehicle."""
        return page(request, "communities/vehicle.html", room=await find_room(actor, room_id), form=None)

    @post("/vehicles")
    async def add_vehicle(self, request: Request[Any, Any, Any], actor: Actor, room_id: UUID) -> Response[Any]:
        """Register a vehicle."""
        room = await find_room(actor, room_id)
        form = await read_form(request, NewVehicle)
        if form.ok and await vehicle_added(form, room_id, actor):
            return to_room(room_id, "vehicle")
        return page(request, "communities/vehicle.html", 422, room=room, form=form)


async def vehicle_added(form: Form[NewVehicle], room_id: UUID, actor: Actor) -> bool:
    """Register the vehicle of `form`, or put beside its field why not."""
    plate = tidy_plate(form.data.plate)
    if plate is None:
        form.fail("plate", _("看不懂的车牌，例如 浙A12345，新能源 浙AD12345"))
        return False
    try:
        await vehicles.add_vehicle(room_id, plate, form.data.description, form.data.since, by=actor)
    except Refused as error:
        refuse(form, error)
        return False
    return True


@post("/vehicles/{vehicle_id:uuid}/end", guards=[can("register.write")])
async def end_vehicle(actor: Actor, vehicle_id: UUID) -> Redirect:
    """Take a vehicle off the register."""
    room_id = await vehicles.end_vehicle(vehicle_id, by=actor)
    return to_room(room_id, "vehicle-end") if room_id else Redirect("/spaces", status_code=303)


class Occupancies(Controller):
    """Ending one stay, or taking back what was entered by mistake."""

    path = "/occupancies/{occupancy_id:uuid}"
    guards = (can("register.write"),)

    @get("/leave")
    async def leave(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """Ask for the last day."""
        return await stay_page(request, actor, occupancy_id, "leave", None)

    @post("/leave")
    async def create_leave(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """End the stay."""
        form = await read_form(request, Leaving)
        act = lambda: letting.leave(occupancy_id, form.data.on, by=actor)  # noqa: E731
        return await carried_out(request, actor, occupancy_id, "leave", form, act)

    @get("/correction")
    async def correction(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """Say what taking the entry back would do, and ask why."""
        return await stay_page(request, actor, occupancy_id, "correction", None)

    @post("/correction")
    async def correct(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """Take the entry back."""
        form = await read_form(request, Correcting)
        act = lambda: correcting.correct(occupancy_id, form.data.reason, by=actor)  # noqa: E731
        return await carried_out(request, actor, occupancy_id, "correction", form, act)

    @get("/reopening")
    async def reopening(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """Ask why an end is taken back."""
        return await stay_page(request, actor, occupancy_id, "reopening", None)

    @post("/reopening")
    async def reopen(self, request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID) -> Response[Any]:
        """Take the end back."""
        form = await read_form(request, Correcting)
        act = lambda: correcting.reopen(occupancy_id, form.data.reason, by=actor)  # noqa: E731
        return await carried_out(request, actor, occupancy_id, "reopening", form, act)


def edit_page(
    request: Request[Any, Any, Any],
    room: Room,
    form: Form[RoomFacts] | None = None,
    status: int = 200,
    *,
    overtaken: bool = False,
) -> Response[Any]:
    """Answer with the form of a room's facts. `overtaken`: beside each field stands what it is now."""
    theirs = {
        "kind": room.kind_label,
        "vacancy": room.vacancy_label,
        "gross_area": area(room.gross_area),
        "net_area": area(room.net_area),
        "handover_on": day(room.handover_on),
        "note": room.note or "—",
    }
    return page(
        request,
        "communities/edit.html",
        status,
        room=room,
        form=form,
        theirs=theirs if overtaken else {},
        kinds=options(KINDS),
        vacancies=options(VACANCIES),
    )


async def decide(
    request: Request[Any, Any, Any],
    actor: Actor,
    room_id: UUID,
    kind: Procedure,
    form: Form[Any],
    parties: list[Party],
    plan: Plan,
    act: Callable[[], Awaitable[None]],
) -> Response[Any]:
    """Show the form again when something is wrong with it, sum up what would change, or do it when that was confirmed."""
    room = await find_room(actor, room_id)
    if not form.ok or form.value("step") == "back":
        return await form_page(request, actor, room_id, kind, form)
    stays = await stays_of(actor, room_id)
    try:
        change = plan(stays, stand_ins(parties))
        if settled(form, parties):
            await act()
            return to_room(room_id, kind.key)
    except Refused as error:
        refuse(form, error)
        return await form_page(request, actor, room_id, kind, form)
    told = sentences(change, await residents(actor, room_id), parties)
    told.append(vacancy_sentence(stays, change, room.vacancy))
    return page(
        request,
        "communities/confirm.html",
        422 if form.errors else 200,
        room=room,
        kind=kind,
        form=form,
        parties=parties,
        sentences=[one for one in told if one],
        cars=len((await room_file(actor, room_id)).cars) if kind is TRANSFER else 0,
    )


async def form_page(
    request: Request[Any, Any, Any], actor: Actor, room_id: UUID, kind: Procedure, form: Form[Any] | None
) -> Response[Any]:
    """Answer with the form of a change; with what was typed, and 422 when something is wrong with it."""
    file = await room_file(actor, room_id)
    status = 422 if form is not None and form.errors else 200
    return page(
        request, "communities/change.html", status, file=file, room=file.room, kind=kind, form=form, today=today()
    )


async def stay_page(
    request: Request[Any, Any, Any], actor: Actor, occupancy_id: UUID, what: str, form: Form[Any] | None
) -> Response[Any]:
    """Answer with the page that ends or takes back one stay, and says what that does."""
    room_id, stay = await stay_of(actor, occupancy_id)
    room, known = await find_room(actor, room_id), await residents(actor, room_id)
    stays = await stays_of(actor, room_id)
    impossible, told = "", []
    try:
        if what != "leave":
            plan = (
                occupancies.correct(stays, stay, today()) if what == "correction" else occupancies.reopen(stays, stay)
            )
            told = [*sentences(plan, known, []), vacancy_sentence(stays, plan, room.vacancy)]
    except Refused as error:
        impossible = _(error.message, **error.values)
    return page(
        request,
        "communities/stay.html",
        422 if form is not None and form.errors else 200,
        room=room,
        one=next(one for one in known if one.id == occupancy_id),
        what=what,
        form=form,
        sentences=[one for one in told if one],
        impossible=impossible,
    )


async def carried_out(
    request: Request[Any, Any, Any],
    actor: Actor,
    occupancy_id: UUID,
    what: str,
    form: Form[Any],
    act: Callable[[], Awaitable[UUID]],
) -> Response[Any]:
    """Do what `form` asks, or show it again with what is wrong."""
    if form.ok:
        try:
            return to_room(await act(), "leave" if what == "leave" else "correction")
        except Refused as error:
            refuse(form, error)
    return await stay_page(request, actor, occupancy_id, what, form)
