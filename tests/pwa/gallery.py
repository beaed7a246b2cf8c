"""Sample pages that use every macro, served only in tests: the design is checked there, whatever the real pages do."""

from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from litestar import MediaType, Request, Response, get, post

from server.config import ROOT
from server.lib.forms import Form
from server.lib.paging import Page
from server.lib.templating import environment, request_context
from server.security.guards import public

TICKETS = [
    ("GD-1123-018", "厨房水管漏水", "3栋1单元1302", "急修", "王师傅", "维修中", "warn", "到场 28 分"),
    ("GD-1123-017", "电梯按键失灵", "5栋2单元 公共", "急修", None, "待派单", "bad", "超时 12 分"),
    ("GD-1123-016", "楼道灯不亮 18F", "1栋1单元 公共", "一般", "李师傅", "已派单", "brand", "剩 21 时"),
    ("GD-1123-012", "卫生间返味", "2栋2单元602", "一般", "王师傅", "待回访", "", "完工 3 时"),
]
REFUSED: Form[Any] = Form(
    values={"text": "厨房水管一直滴水", "phone": "138", "urgent": "1"},
    errors={"kind": "请填写这一项", "phone": "请填写 11 位手机号"},
)
SAMPLES: dict[str, dict[str, Any]] = {
    "owner": {},
    "cards": {},
    "paper": {},
    "desk": {"rows": TICKETS, "page": Page(TICKETS, 128, 2)},
    "form": {"form": None},
    "refused": {"form": REFUSED},
}
FILES = {"refused": "form"}
state = SimpleNamespace(taken=[], broken=False)


def samples() -> Environment:
    """Return the pages' own environment with the sample templates added."""
    loader = environment().loader
    assert loader is not None
    return environment().overlay(loader=ChoiceLoader([loader, FileSystemLoader(ROOT / "tests/pwa/samples")]))


@get("/practice/{name:str}", guards=[public])
async def show_sample(request: Request[Any, Any, Any], name: str) -> Response[str]:
    """Show a sample page."""
    template = samples().get_template(f"{FILES.get(name, name)}.html")
    return Response(template.render(request_context(request) | SAMPLES[name]), media_type=MediaType.HTML)


@post("/practised", guards=[public])
async def take_sample(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Take the sample form and lead on; raise a bug while `state.broken`."""
    if state.broken:
        raise RuntimeError("broken on purpose")
    state.taken.append(str((await request.form()).get("text", "")))
    return Response(b"", status_code=303, headers={"Location": "/practice/owner"})
