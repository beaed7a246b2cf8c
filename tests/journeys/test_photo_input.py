"""Photos on a phone: made small and nameless there, sent while the form is filled in, kept until the server has them."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from litestar import Request, Response, get, post
from PIL import Image
from playwright.async_api import Page, Route, expect

from server.config import ROOT
from server.db import DB, EVERYWHERE, fetch, fetchval, transaction
from server.lib.forms import blank, read_form
from server.lib.templating import environment, page
from server.routes import ROUTES
from server.security.actor import Actor
from server.security.guards import signed_in
from server.storage import photos
from server.storage.links import photos_again
from server.storage.objects import object_store
from tests.cast import CHEN
from tests.journeys.conftest import LATE, shoot
from tests.storage.pictures import corners, encoded, exif, picture, turned

Hand = Callable[..., Awaitable[Page]]

FORM = """
{% extends "layouts/phone.html" %}
{% from "macros/forms.html" import form as form_, field, submit with context %}
{% from "storage/_input.html" import photo_input %}
{% block title %}试{% endblock %}
{% block content %}
{% call form_("/practice/pictures", csrf_token, multipart=true) %}
  {{ field(form, "words", "说明", required=true) }}
  {{ photo_input(form, photos=again, max=4, watermark=watermark) }}
  {{ submit("提交") }}
{% endcall %}
{% endblock %}
"""
PAGES = {
    "practice.html": FORM,
    "done.html": """{% extends "layouts/phone.html" %}{% block title %}好{% endblock %}{% block content %}<h2>已提交</h2>{% endblock %}""",
}


class Report(msgspec.Struct):
    words: Annotated[str, msgspec.Meta(min_length=2)]
    photo_ids: list[UUID] = []
    photo_waiting: list[UUID] = []


@get("/practice/pictures", guards=[signed_in])
async def show(request: Request[Any, Any, Any], actor: Actor, watermark: str = "") -> Response[str]:
    return page(request, "practice.html", form=blank(), again=[], watermark=watermark)


@post("/practice/pictures", guards=[signed_in], request_max_body_size=photos.FORM_BYTES, status_code=200)
async def take(request: Request[Any, Any, Any], actor: Actor) -> Response[str]:
    form = await read_form(request, Report)
    if not form.ok:
        again = await photos_again(form, by=actor)
        return page(request, "practice.html", 422, form=form, again=again, watermark="")
    stored = await photos.store_photos(form.files.get("photos", []), by=actor)
    async with transaction():
        ids = [*form.data.photo_ids, *(photo.id for photo in stored)]
        await photos.attach(
            ids, waiting=form.data.photo_waiting, entity="practice", entity_id=uuid4(), role="report", by=actor
        )
    return page(request, "done.html")


@pytest.fixture(autouse=True)
async def practice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form with photos, before the site starts."""
    monkeypatch.setattr("server.app.ROUTES", [*ROUTES, show, take])
    monkeypatch.setattr(
        environment(), "loader", ChoiceLoader([DictLoader(PAGES), FileSystemLoader(ROOT / "templates")])
    )


def jpeg(width: int = 4000, height: int = 3000) -> bytes:
    """A twelve-megapixel photo as a camera writes it, lying on its side."""
    image = picture(width, height).transpose(Image.Transpose.ROTATE_90)
    return encoded(image, quality=88, exif=exif(6, place=True))


def files(*pictures: bytes) -> Any:
    return [{"name": f"IMG_{n}.jpg", "mimeType": "image/jpeg", "buffer": data} for n, data in enumerate(pictures)]


async def choose(page: Page, *pictures: bytes) -> None:
    """Pick photos through the button a person presses."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="选择照片").click()
    await (await chooser.value).set_files(files(*pictures))


async def rows() -> list[Any]:
    async with DB.scope(EVERYWHERE):
        return list(await fetch("select * from photo order by sort, id"))


def items(page: Page, state: str) -> Any:
    return page.locator(f".photo-item[data-state={state}]")


async def test_a_camera_photo_is_sent_small_upright_and_nameless_while_the_form_is_filled_in(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await expect(page.get_by_role("button", name="拍照")).to_be_visible()
    async with page.expect_request(
        lambda request: request.url.endswith("/photos") and request.method == "POST"
    ) as sent:
        await choose(page, jpeg())
    body = (await sent.value).post_data_buffer or b""
    assert len(body) < 1_500_000
    assert b"Secret Camera" not in body
    await expect(items(page, "stored")).to_have_count(1)
    await expect(page.locator("[data-status]")).to_have_text("照片已上传 1/1 张")
    await shoot(page, "photo-input-stored")
    await page.fill("#f-words", "漏水")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    (row,) = await rows()
    assert (row["width"], row["height"], row["entity"]) == (1600, 1200, "practice")
    assert (str(row["latitude"]), str(row["longitude"])) == ("30.258500", "120.155000")
    assert row["taken_at"].isoformat() == "2026-11-23T06:05:09+00:00"
    assert corners(Image.open(io.BytesIO(await object_store().get(row["key"])))) == ["red", "green", "blue", "white"]


async def test_a_photo_chosen_before_the_script_is_there_is_taken(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.add_init_script(LATE % "photo-input")
    await page.goto("/practice/pictures")
    await page.set_input_files("input[type=file]", files(jpeg()))
    await page.evaluate("window.arrive()")
    await expect(items(page, "stored")).to_have_count(1)
    assert await page.evaluate("document.querySelector('input[type=file]').files.length") == 0


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_the_phone_turns_every_orientation_upright(phone: Hand, orientation: int) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, turned(orientation))
    await expect(items(page, "stored")).to_have_count(1)
    (row,) = await rows()
    assert corners(Image.open(io.BytesIO(await object_store().get(row["key"])))) == ["red", "green", "blue", "white"]


async def test_several_keep_their_order_one_is_taken_away_and_there_is_an_end(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, *(encoded(picture(300 + 50 * n, 200)) for n in range(5)))
    await expect(items(page, "stored")).to_have_count(4)
    await expect(page.get_by_role("button", name="选择照片")).to_be_disabled()
    await page.get_by_role("button", name="删除这张照片").nth(1).click()
    await expect(items(page, "stored")).to_have_count(3)
    await page.fill("#f-words", "漏水")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert [row["width"] for row in await rows() if row["entity_id"]] == [300, 400, 450]


async def test_a_refused_form_keeps_its_photos(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)))
    await expect(items(page, "stored")).to_have_count(1)
    await page.get_by_role("button", name="提交").click()
    await expect(page.locator(".field-error")).to_be_visible()
    await expect(items(page, "stored")).to_have_count(1)
    await expect(items(page, "stored").locator("img")).to_have_js_property("naturalWidth", 300)
    await page.fill("#f-words", "漏水")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert [bool(row["entity_id"]) for row in await rows()] == [True]
    await page.goto("/practice/pictures")
    await expect(page.locator(".photo-item")).to_have_count(0)


async def test_while_storage_is_down_the_photo_waits_on_the_phone_through_a_reload(
    phone: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: Any, **_more: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(object_store().client, "put_object", down)
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)))
    await expect(items(page, "later")).to_have_count(1)
    await expect(page.locator("[data-status]")).to_have_text("照片暂时存不了，已留在手机上，稍后自动再传")
    await shoot(page, "photo-input-later")
    await page.reload()
    await expect(items(page, "later").or_(items(page, "waiting"))).to_have_count(1)
    monkeypatch.undo()
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(items(page, "stored")).to_have_count(1)


async def test_the_form_waits_for_its_photos_and_then_goes_by_itself(phone: Hand) -> None:
    page, gate = await phone(CHEN), asyncio.Event()

    async def slow(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/photos", slow)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)))
    await page.fill("#f-words", "漏水")
    await page.get_by_role("button", name="提交", exact=True).click()
    await expect(page.get_by_role("dialog")).to_contain_text("照片还没传完")
    await shoot(page, "photo-input-hold")
    gate.set()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert [bool(row["entity_id"]) for row in await rows()] == [True]


async def test_who_does_not_want_to_wait_goes_on_and_the_photo_follows_from_the_next_page(phone: Hand) -> None:
    page = await phone(CHEN)
    page.on("requestfailed", lambda _request: None)
    down = True

    async def cut(route: Route) -> None:
        await (route.abort() if down else route.continue_())

    await page.route("**/photos", cut)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)), encoded(picture(350, 200)))
    await expect(items(page, "later")).to_have_count(2)
    await page.get_by_role("button", name="提交", exact=True).click()
    await page.get_by_role("button", name="先提交").click()
    await expect(page.locator(".field-error")).to_be_visible()
    await expect(page.locator(".photo-item")).to_have_count(2)
    await page.fill("#f-words", "漏水")
    await page.get_by_role("button", name="提交", exact=True).click()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert [(row["size"], bool(row["entity_id"])) for row in await rows()] == [(0, True), (0, True)]
    down = False
    await page.reload()
    for _ in range(100):
        found = await rows()
        if all(row["size"] for row in found):
            break
        await asyncio.sleep(0.1)
    assert [(row["width"], row["entity"]) for row in found] == [(300, "practice"), (350, "practice")]
    assert await page.evaluate("localStorage.getItem('photos-waiting')") in (None, "1")


async def test_what_this_browser_cannot_decode_goes_to_the_server_as_it_is(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(400, 300), "HEIF"))
    await expect(items(page, "stored")).to_have_count(1)
    assert [(row["width"], row["height"]) for row in await rows()] == [(400, 300)]


async def test_a_file_that_is_no_photo_says_why_and_can_be_removed(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, b"GIF89a not a photo at all")
    await expect(items(page, "refused")).to_contain_text("这不是照片")
    await shoot(page, "photo-input-refused")
    await page.get_by_role("button", name="删除这张照片").click()
    await expect(page.locator(".photo-item")).to_have_count(0)


async def test_a_watermark_is_written_into_the_picture(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures?watermark=陈晓明")
    await choose(page, jpeg(1600, 1200))
    await expect(items(page, "stored")).to_have_count(1)
    (row,) = await rows()
    image = Image.open(io.BytesIO(await object_store().get(row["key"])))
    low, high = image.getpixel((1590, 1190)), image.getpixel((1590, 1000))
    assert isinstance(low, tuple)
    assert isinstance(high, tuple)
    assert high[2] > 200 > 150 > low[2], "a dark band lies over the lower edge"


async def test_the_form_works_without_scripts(phone: Hand) -> None:
    page = await phone(CHEN, java_script_enabled=False)
    await page.goto("/practice/pictures")
    await page.fill("#f-words", "漏水")
    await page.set_input_files("input[type=file]", files(turned(6), encoded(picture(350, 200))))
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    assert [(row["width"], row["height"], row["entity"]) for row in await rows()] == [
        (800, 600, "practice"),
        (350, 200, "practice"),
    ]


async def test_the_photos_of_one_account_are_not_sent_by_the_next(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.route("**/photos", lambda route: route.abort())
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)))
    await expect(items(page, "later")).to_have_count(1)
    await page.evaluate("document.body.dataset.account = 'somebody-else'")
    await page.unroute("**/photos")
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await page.wait_for_timeout(500)
    async with DB.scope(EVERYWHERE):
        assert await fetchval("select count(*) from photo") == 0


async def test_it_is_accessible_in_every_state(phone: Hand) -> None:
    page = await phone(CHEN)
    await page.goto("/practice/pictures")
    await choose(page, encoded(picture(300, 200)), b"GIF89a no photo")
    await expect(items(page, "stored")).to_have_count(1)
    await expect(items(page, "refused")).to_have_count(1)
    found = await Axe().run(page)
    assert not found.response["violations"], found.generate_report()
