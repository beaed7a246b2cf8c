"""What becomes of the bytes a phone, or somebody else, sends us."""

import datetime as dt
import io
import struct
from decimal import Decimal

import pytest
from PIL import Image

from server.storage import images
from server.storage.images import PhotoRefused, prepare
from tests.storage import pictures
from tests.storage.pictures import corners, encoded, exif, picture

UPRIGHT = ["red", "green", "blue", "white"]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_ends_upright(orientation: int) -> None:
    ready = prepare(pictures.turned(orientation))
    photo, thumb = opened(ready.photo), opened(images.thumbnail(ready.photo))
    assert corners(photo) == corners(thumb) == UPRIGHT
    assert photo.size == (ready.width, ready.height) == (800, 600)
    assert thumb.size == (400, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_four_kinds_become_a_small_jpeg_without_metadata(kind: str) -> None:
    ready = prepare(encoded(picture(2400, 1800), kind, exif=exif(place=True).tobytes()))
    photo = opened(ready.photo)
    assert photo.format == "JPEG"
    assert photo.size == (1600, 1200)
    assert corners(photo) == UPRIGHT
    assert ready.facts.taken_at == dt.datetime(2026, 11, 23, 6, 5, 9, tzinfo=dt.UTC)
    assert (ready.facts.latitude, ready.facts.longitude) == (Decimal("30.258500"), Decimal("120.155000"))
    for data in (ready.photo, images.thumbnail(ready.photo)):
        assert not opened(data).getexif()
        assert b"Exif" not in data
        assert b"Secret" not in data


def test_a_small_clean_jpeg_keeps_its_pixels_and_loses_its_metadata() -> None:
    sent = encoded(picture(), quality=80, exif=exif(place=True), comment=b"Secret comment")
    sent += b"<script>Secret tail</script>"
    ready = prepare(sent)
    assert opened(ready.photo).tobytes() == opened(sent).tobytes()
    assert b"Secret" not in ready.photo
    assert b"Exif" not in ready.photo
    assert ready.facts.latitude == Decimal("30.258500")


def test_a_progressive_jpeg_is_made_anew() -> None:
    sent = encoded(picture(), quality=80, progressive=True)
    assert images.read_jpeg(sent).frame == 0xC2
    assert images.read_jpeg(prepare(sent).photo).frame == 0xC0


def test_a_transparent_png_lies_on_white() -> None:
    ready = prepare(encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG"))
    assert opened(ready.photo).getpixel((25, 25)) == (255, 255, 255)


def test_grey_palette_and_cmyk_pictures_are_taken() -> None:
    for mode, kind in (("L", "JPEG"), ("L", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("1", "PNG"), ("LA", "PNG")):
        assert opened(prepare(encoded(picture().convert(mode), kind)).photo).size == (800, 600), (mode, kind)


@pytest.mark.parametrize(
    "data",
    [pictures.SVG, pictures.GIF, b"", b"%PDF-1.7", b"MZ\x90\x00", b"<html>", b"\x00\x00\x00\x18ftypmp42aaaa",
     b"GIF89a\xff\xd8\xff", encoded(picture(40, 30), "BMP"), encoded(picture(40, 30), "TIFF")],
)  # fmt: skip
def test_what_is_not_a_photo_is_refused_by_its_content(data: bytes) -> None:
    with pytest.raises(PhotoRefused, match="不是照片"):
        prepare(data)


def test_fifty_megabytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(PhotoRefused, match="15 MB"):
        prepare(b"\xff\xd8\xff" + bytes(50 * 1024 * 1024))


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    bomb = pictures.png_bomb()
    assert len(bomb) < 1_000_000
    with pytest.raises(PhotoRefused, match="5000 万像素"):
        prepare(bomb)


def test_a_jpeg_that_claims_a_billion_pixels_is_refused() -> None:
    sent = bytearray(encoded(picture()))
    at = sent.index(b"\xff\xc0")
    sent[at + 5 : at + 9] = struct.pack(">HH", 40_000, 40_000)
    with pytest.raises(PhotoRefused, match="5000 万像素"):
        prepare(bytes(sent))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95, 0.999])
def test_a_truncated_jpeg_is_refused(share: float) -> None:
    sent = encoded(picture(1600, 1200), quality=85)
    with pytest.raises(PhotoRefused, match="不完整"):
        prepare(sent[: int(len(sent) * share)])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_other_truncated_files_are_refused(kind: str) -> None:
    sent = encoded(picture(1600, 1200), kind)
    with pytest.raises(PhotoRefused):
        prepare(sent[: len(sent) // 2])


def test_a_jpeg_of_thousands_of_scans_is_refused() -> None:
    sent = encoded(picture(), progressive=True)
    scan_at = sent.rindex(b"\xff\xda")
    again = sent[scan_at:-2]
    with pytest.raises(PhotoRefused):
        prepare(sent[:-2] + again * 200 + b"\xff\xd9")


def test_a_jpeg_that_no_decoder_could_open_is_refused_though_its_end_is_there() -> None:
    parts = images.read_jpeg(encoded(picture(), quality=80))
    parts.needed = [piece for piece in parts.needed if piece[1] != 0xDB]
    with pytest.raises(PhotoRefused, match="不完整"):
        prepare(parts.clean())


@pytest.mark.filterwarnings("ignore")
def test_random_damage_never_raises_anything_but_a_refusal() -> None:
    import random

    chance = random.Random(7)
    whole = [
        encoded(picture(200, 150), kind, exif=exif(6, place=True).tobytes()) for kind in ("JPEG", "PNG", "WEBP", "HEIF")
    ]
    for _ in range(300):
        sent = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 12)):
            sent[chance.randrange(12, len(sent))] = chance.randrange(256)
        try:
            ready = prepare(bytes(sent))
        except PhotoRefused:
            continue
        assert opened(ready.photo).size == (ready.width, ready.height)
