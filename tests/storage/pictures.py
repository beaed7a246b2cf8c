"""Pictures for tests: photographs of nothing in particular, and the files that bad people and bad phones send."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import ExifTags, Image

pillow_heif.register_heif_opener()


def picture(width: int = 800, height: int = 600) -> Image.Image:
    """Return a picture whose corners are red, green, blue and white, clockwise from the top left."""
    image = Image.effect_noise((width // 8 or 1, height // 8 or 1), 60).resize((width, height)).convert("RGB")
    box = width // 4, height // 4
    for colour, x, y in (
        ("red", 0, 0), ("green", width - box[0], 0), ("blue", width - box[0], height - box[1]), ("white", 0, height - box[1]),
    ):  # fmt: skip
        image.paste(Image.new("RGB", box, colour), (x, y))
    return image


def corners(image: Image.Image) -> list[str]:
    """Return the names of the corner colours, clockwise from the top left."""
    w, h = image.size
    points = [(w // 10, h // 10), (w - w // 10, h // 10), (w - w // 10, h - h // 10), (w // 10, h - h // 10)]
    return [_name(image.convert("RGB").getpixel(point)) for point in points]


def _name(pixel: Any) -> str:
    red, green, blue = (part > 80 for part in pixel)
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}.get((red, green, blue), "?")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return `image` as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1, *, place: bool = False) -> Image.Exif:
    """Return what a camera writes: a time in China, the orientation, and Hangzhou's place if asked."""
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = orientation
    found[ExifTags.Base.Make] = "Secret Camera"
    found.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:23 14:05:09"
    if place:
        gps = found.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef] = "N"
        gps[ExifTags.GPS.GPSLatitude] = (30.0, 15.0, 30.6)
        gps[ExifTags.GPS.GPSLongitudeRef] = "E"
        gps[ExifTags.GPS.GPSLongitude] = (120.0, 9.0, 18.0)
    return found


def turned(orientation: int) -> bytes:
    """Return a JPEG that is upright only when its EXIF orientation is applied."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    image = picture()
    if orientation in back:
        image = image.transpose(back[orientation])
    return encoded(image, quality=90, exif=exif(orientation))


def png_bomb(side: int = 30_000) -> bytes:
    """Return a PNG of a few hundred KB that unpacks to side² pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = encoded(picture(40, 30), "GIF")
