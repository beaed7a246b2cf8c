"""The screens of importing: upload, mapping, dry run, confirmation, progress, result, history."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from server.communities.importing import history
from server.communities.importing.headers import FIELDS, KINDS
from server.communities.importing.history import Import
from server.communities.importing.jobs import FILE_GONE
from server.communities.importing.mapping import Draft, choose, draft
from server.communities.importing.reading import EMPTY, MOST_BYTES, TOO_LARGE, Sheet, read_sheets
from server.communities.importing.report import refused_workbook
from server.communities.importing.words import ENTITY_WORDS, FIELD_WORDS, FIGURES, STATES, spoken
from server.lib.forms import Form, read_form
from server.lib.i18n import N_, _
from server.lib.paging import base_address, page_number
from server.lib.templating import page
from server.lib.workbooks import XLSX
from server.security.actor import Actor
from server.security.guards import can

BODY_BYTES = MOST_BYTES + 5 * 1024 * 1024
"""A little more than a file may have, so that one just too large meets a sentence and not an error page."""
CHOOSE_A_FILE = N_("请先选择一个表格文件")
TOO_LATE = N_("这次导入已经不在等待确认了。")


class Upload(msgspec.Struct):
    """The upload form; the file itself is in `form.files`."""


class Mapping(msgspec.Struct):
    """The mapping form; the fields of the columns come as `column-0`, `column-1` …"""

    sheet: Annotated[int, msgspec.Meta(ge=0, le=200)]
    kind: Literal[
        "households", "rooms", "owners", "stairwells", "spaces", "water_readings", "hot_water_readings", "power_readings",
        "gas_readings", "heat_readings", "skip",
    ]  # fmt: skip
    header_row: Annotated[int, msgspec.Meta(ge=0, le=1000)]


async def find_import(actor: Actor, id_: UUID) -> Import:
    """Return an import of the actor's community; raise NotFoundException for any other."""
    found = await history.find(actor, id_)
    if found is None:
        raise NotFoundException
    return found


async def find_sheets(import_: Import) -> list[Sheet]:
    """Return the sheets of an import's file; raise NotFoundException when it has been forgotten."""
    content = await history.content_of(import_.id)
    if content is None:
        raise NotFoundException
    return await asyncio.to_thread(read_sheets, content)


class ImportController(Controller):
    """Importing spreadsheets, for whoever has import.run."""

    path = "/imports"
    guards = [can("import.run")]

    @get()
    async def index(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Offer the upload, list the imports so far."""
        return await show_index(request, actor, None)

    @post(request_max_body_size=BODY_BYTES)
    async def create(self, request: Request[Any, Any, Any], actor: Actor) -> Response[Any]:
        """Take a file in and have it read."""
        form = await read_form(request, Upload)
        name, content = await uploaded(form)
        if not form.ok:
            return await show_index(request, actor, form, 422)
        return Redirect(f"/imports/{await history.upload(actor, name, content)}", status_code=303)

    @get("/{import_id:uuid}")
    async def show(self, request: Request[Any, Any, Any], actor: Actor, import_id: UUID) -> Response[Any]:
        """Show where an import stands."""
        import_ = await find_import(actor, import_id)
        if import_.state == "mapping":
            return go_to(request, f"/imports/{import_id}/layout")
        return await show_import(request, import_)

    @post("/{import_id:uuid}/confirmation")
    async def confirm(self, request: Request[Any, Any, Any], actor: Actor, import_id: UUID) -> Response[Any]:
        """Have a dry run put in."""
        import_ = await find_import(actor, import_id)
        if not await history.confirm(actor, import_):
            return await show_import(request, await find_import(actor, import_id), 422, _(TOO_LATE))
        return Redirect(f"/imports/{import_id}", status_code=303)

    @post("/{import_id:uuid}/cancellation")
    async def cancel(self, request: Request[Any, Any, Any], actor: Actor, import_id: UUID) -> Response[Any]:
        """Give an import up."""
        import_ = await find_import(actor, import_id)
        if not await history.cancel(actor, import_):
            return await show_import(request, await find_import(actor, import_id), 422, _(TOO_LATE))
        return Redirect("/imports", status_code=303)

    @get("/{import_id:uuid}/layout")
    async def layout(self, request: Request[Any, Any, Any], actor: Actor, import_id: UUID) -> Response[Any]:
        """Show one sheet's columns, to say what each means."""
        import_ = await find_import(actor, import_id)
        sheets = await find_sheets(import_)
        asked = {name: request.query_params.get(name, "") for name in ("sheet", "kind", "header_row")}
        index = int(asked["sheet"]) if asked["sheet"].isdigit() else first_unknown(import_, sheets)
        sheet = sheet_at(sheets, index)
        row = int(asked["header_row"]) if asked["header_row"].isdigit() else None
        shown = draft(sheet, import_.layouts.get(sheet.name), asked["kind"], row)
        return show_layout(request, import_, sheets, index, shown)

    @post("/{import_id:uuid}/layout")
    async def map(self, request: Request[Any, Any, Any], actor: Actor, import_id: UUID) -> Response[Any]:
        """Read the sheet by the columns chosen, and remember them."""
        import_ = await find_import(actor, import_id)
        sheets = await find_sheets(import_)
        form = await read_form(request, Mapping)
        if not form.ok:
            return await show_import(request, import_, 422, _(TOO_LATE))
        sheet = sheet_at(sheets, form.data.sheet)
        chosen = {int(name[7:]): str(field) for name, field in form.values.items() if is_column(name) and field}
        layout, errors = choose(sheet, form.data.kind, form.data.header_row, chosen)
        if layout is None:
            shown = draft(sheet, None, form.data.kind, form.data.header_row)
            for column in shown.columns:
                column.field = chosen.get(column.index, "")
            return show_layout(request, import_, sheets, form.data.sheet, shown, errors)
        if not await history.map_by_hand(actor, import_, import_.layouts | {sheet.name: layout}):
            return await show_import(request, await find_import(actor, import_id), 422, _(TOO_LATE))
        return Redirect(f"/imports/{import_id}", status_code=303)

    @get("/{import_id:uuid}/refused.xlsx")
    async def refused(self, actor: Actor, import_id: UUID) -> Response[Any]:
        """Hand out the rows that wait, with their reasons."""
        import_ = await find_import(actor, import_id)
        sheets, problems = await find_sheets(import_), await history.problems(import_)
        workbook = await asyncio.to_thread(refused_workbook, sheets, import_.layouts, problems)
        name = quote(f"{import_.file_name.rsplit('.', 1)[0]}-{_('待改正')}.xlsx")
        return Response(
            workbook, media_type=XLSX, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        )


def go_to(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    """Send the browser to `address`, also when it is htmx that asked, to follow the progress."""
    if "hx-request" in request.headers:
        return Response(b"", headers={"HX-Redirect": address})
    return Redirect(address, status_code=303)


def is_column(name: str) -> bool:
    """Whether a form's field is the choice for a column."""
    return name.startswith("column-") and name[7:].isdigit() and len(name) < 12


def sheet_at(sheets: list[Sheet], index: int) -> Sheet:
    """Return the sheet number `index`; raise NotFoundException when there is none."""
    if index >= len(sheets):
        raise NotFoundException
    return sheets[index]


def first_unknown(import_: Import, sheets: list[Sheet]) -> int:
    """Return the number of the first sheet nobody has mapped, 0 when all are."""
    return next((index for index, sheet in enumerate(sheets) if sheet.name not in import_.layouts), 0)


async def uploaded(form: Form[Upload]) -> tuple[str, bytes]:
    """Return the name and content of the form's file, with what is wrong noted in the form."""
    files = form.files.get("file", [])
    if not files:
        form.fail("file", _(CHOOSE_A_FILE))
        return "", b""
    content = await files[0].read()
    if len(content) > MOST_BYTES or not content:
        form.fail("file", _(TOO_LARGE if content else EMPTY))
    return files[0].filename, content


async def show_index(
    request: Request[Any, Any, Any], actor: Actor, form: Form[Upload] | None, status: int = 200
) -> Response[Any]:
    """Answer with the upload form and the history."""
    found = await history.recent(actor, page_number(request))
    base = base_address(request)
    return page(request, "communities/imports/index.html", status, form=form, page=found, base=base, states=STATES)


async def show_import(
    request: Request[Any, Any, Any], import_: Import, status: int = 200, trouble: str | None = None
) -> Response[Any]:
    """Answer with an import: its figures, and a page of the rows that wait or the values that change."""
    kind = "changed" if request.query_params.get("list") == "changed" or not import_.refused else "refused"
    found = await history.lines(import_, kind, page_number(request))
    return page(
        request,
        "communities/imports/show.html",
        status,
        item=import_,
        kind=kind,
        page=found,
        base=f"/imports/{import_.id}?list={kind}",
        trouble=trouble,
        figures=FIGURES,
        states=STATES,
        entities=ENTITY_WORDS,
        fields=FIELD_WORDS,
        spoken=spoken,
        kept_days=history.KEPT_DAYS,
        file_gone=FILE_GONE,
    )


def show_layout(
    request: Request[Any, Any, Any],
    import_: Import,
    sheets: list[Sheet],
    index: int,
    shown: Draft,
    errors: dict[int | str, str] | None = None,
) -> Response[Any]:
    """Answer with the columns of one sheet."""
    return page(
        request,
        "communities/imports/layout.html",
        422 if errors else 200,
        item=import_,
        sheets=[sheet.name for sheet in sheets],
        index=index,
        draft=shown,
        errors=errors or {},
        kinds=[(kind, _(label)) for kind, (label, _fields) in KINDS.items()],
        options=[(field, _(FIELDS[field][0])) for field in KINDS[shown.kind][1]],
    )
