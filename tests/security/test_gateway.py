"""What holds for every answer: headers, HEAD, foreign senders, the token, static files, the language."""

import httpx
import pytest

from server.lib.assets import asset_url, assets, build
from server.security.csrf import mask, matches
from tests.cast import WANG
from tests.journeys.conftest import site  # noqa: F401 - the application behind its real server

ADDRESSES = ("/healthz", "/nowhere", "/sign-in", "/static/x/nothing.css", "/manifest.webmanifest")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_has_the_security_headers_errors_included(visitor, address):
    answer = await visitor.get(address)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_are_kept_by_no_cache(client_for):
    assert (await (await client_for(WANG)).get("/settings")).headers["cache-control"] == "no-store"


async def test_head_answers_like_get_without_a_body(visitor):
    answer = await visitor.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
)
async def test_a_change_sent_by_another_sites_page_is_refused(client_for, headers):
    wang = await client_for(WANG)
    assert (await wang.post("/settings/audit/verification", headers=headers)).status_code == 403


async def test_a_change_without_the_sessions_token_is_refused(client_for):
    wang = await client_for(WANG)
    del wang.headers["x-csrf-token"]
    assert (await wang.post("/settings/audit/verification")).status_code == 403
    other = mask("ab" * 16)
    assert (await wang.post("/settings/audit/verification", data={"_csrf": other})).status_code == 403


async def test_the_token_may_come_in_the_form(client_for):
    wang = await client_for(WANG)
    token = wang.headers.pop("x-csrf-token")
    assert (await wang.post("/settings/audit/verification", data={"_csrf": token})).status_code == 200


def test_a_masked_token_differs_each_time_and_still_matches():
    secret = "0123456789abcdef" * 2
    first, second = mask(secret), mask(secret)
    assert first != second
    assert matches(first, secret)
    assert matches(second, secret)
    for wrong in ("", "zz", secret, first[:-2] + "00" if first[-2:] != "00" else first[:-2] + "01"):
        assert not matches(wrong, secret)


async def test_static_files_are_kept_for_ever_under_their_build_and_come_compressed(visitor):
    answer = await visitor.get(asset_url("css/app.css"), headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "set-cookie" not in answer.headers
    older = await visitor.get(asset_url("css/app.css").replace(build(), "000000000000"))
    assert older.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/x/../../pyproject.toml", "/static/x/%2e%2e/%2e%2e/pyproject.toml", "/static/", "/static"]
)
async def test_nothing_outside_the_static_folder_is_served(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code in (303, 404)
    assert b"neiye" not in answer.content[:20]
    assert all(not name.startswith("..") for name in assets())


async def test_a_visitor_is_sent_to_sign_in_and_back(visitor):
    answer = await visitor.get("/settings/audit?who=a")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fsettings%2Faudit%3Fwho%3Da"


async def test_errors_are_told_in_the_browsers_language(visitor):
    chinese = await visitor.get("/nowhere", headers={"accept-language": "zh-CN,zh;q=0.9"})
    english = await visitor.get("/nowhere", headers={"accept-language": "en-GB,en;q=0.9"})
    assert chinese.status_code == english.status_code == 404
    assert 'lang="zh-CN"' in chinese.text
    assert 'lang="en"' in english.text
    assert chinese.text != english.text


async def test_a_broken_cookie_is_no_cookie(visitor):
    assert (await visitor.get("/settings", headers={"cookie": b"sid=\xff;;;=;"})).status_code == 303


async def test_head_over_a_real_line_is_answered_without_complaint(site, caplog):  # noqa: F811
    async with httpx.AsyncClient(base_url=site) as client:
        answer = await client.head("/sign-in")
        again = await client.head("/nowhere")
    assert (answer.status_code, answer.content) == (200, b"")
    assert again.status_code == 404
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
