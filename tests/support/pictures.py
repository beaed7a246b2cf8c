"""Draw the pictures the app ships: `python -m tests.support.pictures sprite|icons|screenshots URL`.

`sprite` gathers the vendored Lucide icons into static/icons/sprite.svg, `icons` rasterises the mark in Chromium,
`screenshots` photographs a running demo for the manifest (an install sheet shows them). Run by hand after a change.
"""

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from server.demo.cast import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
ICONS = ROOT / "static" / "icons"
LUCIDE = ROOT / "static" / "vendor" / "lucide-1.62.0" / "icons"
CHROMIUM = "/usr/bin/chromium"
RASTER = (("mark", 192, "icon-192"), ("mark", 512, "icon-512"), ("mark-maskable", 192, "maskable-192"),
          ("mark-maskable", 512, "maskable-512"), ("mark-maskable", 180, "apple-touch-180"), ("badge", 96, "badge-96"))  # fmt: skip


def sprite() -> str:
    """Return one SVG with every vendored icon as a `<symbol>`, named as its file."""
    symbols = []
    for path in sorted(LUCIDE.glob("*.svg")):
        body = (
            re.sub(r"\s+", " ", path.read_text().split(">", 2)[2].rsplit("</svg>", 1)[0]).strip().replace("> <", "><")
        )
        symbols.append(f'<symbol id="{path.stem}" viewBox="0 0 24 24">{body.replace(" />", "/>")}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def draw_icons(browser: Browser) -> None:
    """Write the PNG sizes of the mark that phones ask for."""
    for source, size, name in RASTER:
        page = browser.new_page(viewport={"width": size, "height": size})
        svg = (ICONS / f"{source}.svg").read_text()
        page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
        page.screenshot(path=ICONS / f"{name}.png", omit_background=True)
        page.close()


def photograph(browser: Browser, url: str) -> None:
    """Write the manifest's screenshots of the demo at `url`: an owner's home on a phone, the manager's desk."""
    for name, login, width, height in (("narrow", "19900001302", 390, 844), ("wide", "wang", 1280, 800)):
        page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN", base_url=url)
        page.goto("/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda address: "sign-in" not in address)
        page.goto("/", wait_until="networkidle")
        taken = Image.open(io.BytesIO(page.screenshot()))
        taken.save(ICONS / "screenshots" / f"{name}.webp", quality=80, method=6)
        page.close()


def main(what: str, url: str = "") -> None:
    """Draw `what`."""
    if what == "sprite":
        (ICONS / "sprite.svg").write_text(sprite())
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        draw_icons(browser) if what == "icons" else photograph(browser, url)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
