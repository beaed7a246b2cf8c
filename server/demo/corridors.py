"""Photos of hazards for the demonstration, drawn by rule: a corridor full of boxes, and the same corridor clear."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 900)
BOX_TONES = ((186, 146, 96), (170, 128, 78), (200, 164, 116), (120, 134, 150))


def corridor(seed: int, *, blocked: bool, take: int = 0) -> bytes:
    """Return a JPEG of a corridor with its exit: the same `seed` is the same corridor, `take` a step nearer each time."""
    random = Random(seed)
    wall = random.randrange(196, 224)
    image = Image.new("RGB", SIZE, (wall, wall - 2, wall - 8))
    draw = ImageDraw.Draw(image)
    far_left, far_right = random.randrange(420, 500), random.randrange(700, 780)
    draw.polygon(((0, 900), (1200, 900), (far_right, 560), (far_left, 560)), fill=(150, 148, 142))
    draw.polygon(((0, 0), (1200, 0), (far_right, 250), (far_left, 250)), fill=(228, 228, 224))
    draw.rectangle((far_left, 250, far_right, 560), fill=(wall - 30,) * 3)
    door = (far_left + 70, 320, far_right - 70, 560)
    draw.rectangle(door, fill=(96, 116, 108), outline=(60, 74, 68), width=6)
    draw.rectangle((door[0] + 20, 268, door[2] - 20, 306), fill=(22, 130, 84))
    draw.ellipse((door[2] - 40, 440, door[2] - 24, 456), fill=(210, 200, 160))
    for line in (far_left, far_right):
        draw.line((line, 250, line, 560), fill=(wall - 50,) * 3, width=3)
    if blocked:
        pile(draw, random)
    image = image.crop((take * 20, take * 15, SIZE[0] - take * 20, SIZE[1] - take * 15)).resize(SIZE)
    out = BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.1)).save(out, "JPEG", quality=80)
    return out.getvalue()


def pile(draw: ImageDraw.ImageDraw, random: Random) -> None:
    """Draw boxes on the floor, the near ones last."""
    for _ in range(9):
        width, height = random.randrange(130, 240), random.randrange(90, 190)
        x, y = random.randrange(280, 760), random.randrange(600, 820)
        tone = random.choice(BOX_TONES)
        draw.rectangle(
            (x, y - height, x + width, y), fill=tone, outline=tuple(max(0, one - 50) for one in tone), width=4
        )
        draw.line(
            (x + width // 2, y - height, x + width // 2, y), fill=tuple(min(255, one + 30) for one in tone), width=10
        )
