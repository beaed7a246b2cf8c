"""Photos for the demonstration, drawn by rule: a leaking pipe under a sink, the same pipe dry, the register of a meter."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE = (1200, 900)


def pipe(random: Random, *, leaking: bool) -> bytes:
    """Return a JPEG of a pipe before a tiled wall, with or without water."""
    shade = random.randrange(200, 226)
    image = Image.new("RGB", SIZE, (shade, shade - 4, shade - 12))
    draw = ImageDraw.Draw(image)
    tile = random.choice((150, 180, 200))
    for x in range(0, SIZE[0], tile):
        draw.line((x, 0, x, SIZE[1]), fill=(shade - 28,) * 3, width=4)
    for y in range(0, SIZE[1], tile):
        draw.line((0, y, SIZE[0], y), fill=(shade - 28,) * 3, width=4)
    left, bend = random.randrange(260, 420), random.randrange(430, 560)
    for offset, tone in ((0, 110), (14, 150), (30, 190), (52, 160), (70, 120)):
        draw.line((left + offset, 0, left + offset, bend + offset), fill=(tone,) * 3, width=16)
        draw.line((left + offset, bend + offset, SIZE[0], bend + offset), fill=(tone,) * 3, width=16)
    draw.rounded_rectangle((left - 26, bend - 50, left + 112, bend + 8), 14, fill=(176, 148, 84))
    if leaking:
        wet(draw, random, left + 20, bend + 90)
    soft = image.filter(ImageFilter.GaussianBlur(1.2))
    out = BytesIO()
    soft.save(out, "JPEG", quality=80)
    return out.getvalue()


def wet(draw: ImageDraw.ImageDraw, random: Random, x: int, y: int) -> None:
    """Draw drops and a puddle below the joint."""
    for _ in range(26):
        drop = x + random.randrange(-40, 60), y + random.randrange(0, 240)
        draw.ellipse((*drop, drop[0] + 9, drop[1] + 22), fill=(196, 220, 236))
    draw.ellipse((x - 240, 780, x + 420, 890), fill=(168, 188, 202))
    draw.ellipse((x - 150, 800, x + 300, 866), fill=(188, 208, 222))


def dial(random: Random, shown: str) -> bytes:
    """Return a JPEG of a meter's register that shows `shown`."""
    image = Image.new("RGB", SIZE, (72, 80, 84))
    draw = ImageDraw.Draw(image)
    draw.ellipse((180, 30, 1020, 870), fill=(226, 228, 222), outline=(150, 130, 70), width=26)
    font = ImageFont.load_default(size=120)
    left = 600 - len(shown) * 46
    for nth, sign in enumerate(shown):
        box = (left + nth * 92, 360, left + nth * 92 + 84, 510)
        draw.rounded_rectangle(box, 8, fill=(28, 30, 34))
        draw.text((box[0] + 42, 434), sign, fill=(240, 240, 236), font=font, anchor="mm")
    draw.line((600, 640, 600 + random.randrange(-80, 80), 560), fill=(190, 40, 40), width=8)
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.4)).save(out, "JPEG", quality=80)
    return out.getvalue()
