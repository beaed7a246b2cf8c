"""What a browser is given of the app: manifest, service worker, offline page, install help, light and dark."""

import re

import httpx

from server.lib.assets import build, find_asset
from server.pwa.manifest import SHORTCUTS


async def test_the_manifest_makes_the_app_installable(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/manifest.webmanifest")
    manifest = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("内业", "standalone", "/")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"] + manifest["screenshots"]:
        picture = await visitor.get(icon["src"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, icon["type"])
    assert [shot["form_factor"] for shot in manifest["screenshots"]] == ["narrow", "wide"]


async def test_shortcuts_lead_somewhere(visitor: httpx.AsyncClient) -> None:
    for url, _label in SHORTCUTS:
        answer = await visitor.get(url)
        assert answer.status_code == 303, f"a visitor is sent to sign in from {url}"


async def test_every_file_of_the_shell_exists(visitor: httpx.AsyncClient) -> None:
    worker = await visitor.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    files = re.findall(rf"/static/{build()}/([\w./-]+)", worker.text)
    assert {"css/app.css", "js/app.js", "js/field/scripts.js", "icons/sprite.svg"} <= set(files)
    assert [name for name in files if find_asset(name) is None] == []


async def test_the_offline_page_names_nobody_and_settles_nothing(visitor: httpx.AsyncClient) -> None:
    html = (await visitor.get("/offline")).text
    assert 'data-settled="no"' in html
    assert 'data-account=""' in html


async def test_the_install_help_shows_iphone_android_and_wechat(visitor: httpx.AsyncClient) -> None:
    html = (await visitor.get("/install")).text
    assert all(word in html for word in ("iPhone", "安卓", "微信", "添加到主屏幕"))


async def test_dark_is_kept_in_a_cookie_and_nonsense_is_not(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/appearance", data={"theme": "dark"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert 'data-theme="dark"' in (await visitor.get("/install")).text
    await visitor.post("/appearance", data={"theme": '"><script>'})
    assert "data-theme" not in (await visitor.get("/install")).text.split(">", 2)[1]


async def test_an_unknown_page_says_so_in_its_own_words(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/nothing-here")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


async def test_styles_arrive_as_one_file(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get(f"/static/{build()}/css/app.css")
    assert "@import" not in answer.text
    assert ".timeline" in answer.text
    assert "--brand:" in answer.text
