"""Photos: what we accept, and how a stranger's bytes become a small, upright JPEG that tells nothing but the picture.

Pure functions of bytes, meant for threads (Pillow lets go of the interpreter while it decodes). The file's name and the
type a browser claims count for nothing. Order matters: size, then kind by content, then the pixels the header
announces, and only then decoding.
"""

import datetime as dt
import hashlib
import io
import re
import threading
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec
import pillow_heif
from PIL import ExifTags, Image, ImageCms

from server.lib.i18n import N_

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""A phone's 48-megapixel camera, and no more: 50 million pixels are 150 MB while we work on them."""

HEAVY_PIXELS = 12_500_000
CHINA_OFFSET = "+08:00"
"""What a camera means that does not say where its clock stands."""

MAX_SIDE = 1600
THUMB_SIDE = 400
"""A quarter of MAX_SIDE, which a JPEG decoder reaches without computing the pixels in between."""

QUALITY = 82
THUMB_QUALITY = 65
MAX_KEPT = 1_500_000
"""Bytes up to which a clean small JPEG of our own client is kept as it is."""

MAX_SCANS = 64
"""A progressive JPEG has about ten scans; thousands of tiny ones make a decoder work for minutes."""

T = TypeVar("T")
Kind = Literal["JPEG", "PNG", "WEBP", "HEIF"]
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
DECODERS: dict[Kind, tuple[str, ...]] = {
    "JPEG": ("JPEG", "MPO"),
    "PNG": ("PNG",),
    "WEBP": ("WEBP",),
    "HEIF": ("HEIF",),
}

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How to turn the picture upright, by EXIF orientation (CIPA DC-008, tag 0x0112)."""

TOO_BIG = N_("照片太大，最多 15 MB")
NOT_A_PHOTO = N_("这不是照片，请选 JPG、PNG、WebP 或 HEIC 图片")
TOO_MANY_PIXELS = N_("照片的尺寸太大，最多 5000 万像素")
DAMAGED = N_("照片不完整或已损坏，请重新拍一张")

pillow_heif.register_heif_opener(thumbnails=False)
# We look at the size ourselves, before anything is decoded; and strangers' odd EXIF is nothing to fill a log with.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", module="PIL")
_heavy = threading.Lock()


class PhotoRefused(ValueError):
    """We do not take this file; the message (untranslated Chinese) says why, for the person who sent it."""


class Facts(msgspec.Struct, frozen=True):
    """What the camera wrote into the file: when (aware) and where (WGS 84 degrees, six decimals)."""

    taken_at: dt.datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


class Prepared(msgspec.Struct, frozen=True):
    """A photo ready to be stored: a JPEG without any metadata."""

    sha256: str  #: of the bytes that were sent
    photo: bytes
    width: int
    height: int
    facts: Facts


def sniff(data: bytes) -> Kind:
    """Return what `data` is, by its first bytes; raise PhotoRefused for anything we do not take."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise PhotoRefused(NOT_A_PHOTO)


def prepare(data: bytes) -> Prepared:
    """Check `data` and return the picture to store; raise PhotoRefused. Takes up to seconds: for threads."""
    return prepare_quickly(data) or _checked(_make_anew, data)


def prepare_quickly(data: bytes) -> Prepared | None:
    """Do what prepare() does in under a millisecond, or return None when the picture must be decoded and made anew."""
    if len(data) > MAX_BYTES:
        raise PhotoRefused(TOO_BIG)
    if sniff(data) != "JPEG" or len(data) > MAX_KEPT:
        return None
    return _checked(_keep_as_it_is, data)


def _checked(work: Callable[[bytes], T], data: bytes) -> T:
    """Return what `work` makes of `data`; raise PhotoRefused for whatever goes wrong in it."""
    try:
        return work(data)
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise PhotoRefused(TOO_MANY_PIXELS) from None
    # What decoders raise at broken files is as varied as the files are.
    except Exception as error:
        raise PhotoRefused(DAMAGED) from error


def _keep_as_it_is(data: bytes) -> Prepared | None:
    """Return our own client's small JPEG, cleaned without touching its pixels; None when it is something else."""
    parts = read_jpeg(data)
    if not parts.can_be_kept:
        return None
    exif = Image.Exif()
    if parts.has_metadata:
        exif = Image.open(io.BytesIO(data), formats=DECODERS["JPEG"]).getexif()
    if exif.get(ExifTags.Base.Orientation, 1) != 1:
        return None
    Image.open(io.BytesIO(parts.first_rows())).load()
    return Prepared(hashlib.sha256(data).hexdigest(), parts.clean(), parts.width, parts.height, read_facts(exif))


def _make_anew(data: bytes) -> Prepared:
    """Decode the picture and encode it as we want it, one large one at a time."""
    kind = sniff(data)
    if kind == "JPEG":
        read_jpeg(data)
    image = Image.open(io.BytesIO(data), formats=DECODERS[kind])
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise PhotoRefused(TOO_MANY_PIXELS)
    exif = image.getexif()
    with _heavy if pixels > HEAVY_PIXELS else nullcontext():
        upright = _shrink(image, MAX_SIDE, exif.get(ExifTags.Base.Orientation, 1))
    return Prepared(hashlib.sha256(data).hexdigest(), _encode(upright, QUALITY), *upright.size, read_facts(exif))


def thumbnail(photo: bytes) -> bytes:
    """Return the thumbnail of a stored photo: a JPEG of THUMB_SIDE pixels on its longer side."""
    image = Image.open(io.BytesIO(photo), formats=("JPEG",))
    scale = THUMB_SIDE / max(image.size)
    if scale < 1:
        image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
    image.load()
    return _encode(_fit(image.convert("RGB"), THUMB_SIDE), THUMB_QUALITY)


def _shrink(image: Image.Image, side: int, orientation: int) -> Image.Image:
    """Return the picture upright, in sRGB, at most `side` pixels on its longer side, with nothing but its pixels."""
    profile = image.info.get("icc_profile")
    if max(image.size) > side:
        scale = side / max(image.size)
        image.draft("RGB", (round(image.width * scale), round(image.height * scale)))
    image.load()
    small = _to_srgb(_fit(_flatten(image), side), profile)
    turn = TURNS.get(orientation)
    return small if turn is None else small.transpose(turn)


def _fit(image: Image.Image, side: int) -> Image.Image:
    """Return `image` made smaller, if need be, to `side` pixels on its longer side."""
    longest = max(image.size)
    if longest <= side:
        return image
    size = max(1, round(image.width * side / longest)), max(1, round(image.height * side / longest))
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _flatten(image: Image.Image) -> Image.Image:
    """Return `image` as RGB; what was transparent becomes white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        colours = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(colours, mask=colours.getchannel("A"))
        return flat
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return `image` in sRGB; phones photograph in Display P3 and the profile is about to be dropped."""
    if not profile or is_srgb(profile):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return image
    return turned or image


def is_srgb(profile: bytes) -> bool:
    """Whether an ICC profile is named sRGB."""
    return b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile


def _encode(image: Image.Image, quality: int) -> bytes:
    """Return `image` as a baseline JPEG without metadata."""
    pixels = image if image.mode in ("RGB", "L") else image.convert("RGB")
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=quality, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


# ---- EXIF: when and where -------------------------------------------------------------------------------------------


def read_facts(exif: Image.Exif) -> Facts:
    """Return time and place from a photo's EXIF; what cannot be understood is left out."""
    return Facts(_attempt(_taken_at, exif), *(_attempt(_place, exif) or (None, None)))


def _attempt(read: Callable[[Image.Exif], T], exif: Image.Exif) -> T | None:
    """Return what `read` finds, or None: a camera's broken EXIF never costs anybody the photo."""
    try:
        return read(exif)
    except Exception:  # noqa: BLE001
        return None


def _taken_at(exif: Image.Exif) -> dt.datetime | None:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    text = details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
    if not text:
        return None
    offset = str(details.get(ExifTags.Base.OffsetTimeOriginal) or "").strip("\0 ")
    zone = offset if re.fullmatch(r"[+-]\d\d:\d\d", offset) else CHINA_OFFSET
    moment = dt.datetime.strptime(str(text).strip("\0 ")[:19] + zone, "%Y:%m:%d %H:%M:%S%z")
    return moment if 1990 <= moment.year <= 2200 else None


def _place(exif: Image.Exif) -> tuple[Decimal, Decimal] | None:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    if ExifTags.GPS.GPSLatitude not in gps or ExifTags.GPS.GPSLongitude not in gps:
        return None
    latitude = degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef, "N"))
    longitude = degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef, "E"))
    nowhere = latitude == 0 and longitude == 0
    return None if nowhere or abs(latitude) > 90 or abs(longitude) > 180 else (latitude, longitude)


def degrees(parts: tuple[float, float, float], side: str) -> Decimal:
    """Return degrees, minutes and seconds as decimal degrees (six places), south and west negative."""
    d, m, s = (float(part) for part in parts)
    value = Decimal(str(d + m / 60 + s / 3600)).quantize(Decimal("0.000001"))
    return -value if str(side).strip("\0 ").upper()[:1] in ("S", "W") else value


# ---- JPEG: its segments ---------------------------------------------------------------------------------------------

END_OF_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
JFIF = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
TABLES = frozenset({0xDB, 0xC4, 0xDD})  # DQT, DHT, DRI
FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; nothing else is decoded anywhere


class JpegParts(msgspec.Struct):
    """A JPEG taken apart: the segments that make the picture, and what we learnt on the way."""

    needed: list[memoryview]
    frame: int = 0
    width: int = 0
    height: int = 0
    components: int = 0
    scans: int = 0
    has_metadata: bool = False
    has_colours: bool = False  #: a profile or an Adobe marker that changes how the bytes are to be read
    size: int = 0

    @property
    def can_be_kept(self) -> bool:
        """Whether the picture is already what we would make of it: small, baseline, one scan, plain colours."""
        return (
            self.frame == 0xC0
            and self.components in (1, 3)
            and self.scans == 1
            and not self.has_colours
            and max(self.width, self.height) <= MAX_SIDE
            and self.size <= MAX_KEPT
        )

    def first_rows(self) -> bytes:
        """Return the picture cut off after its first rows: a decoder that takes it takes every header and table.

        What follows in the scan cannot fail any more (a decoder shows whatever the bits say), so we spare ourselves the
        rest: it costs more than everything else a photo needs here.
        """
        pieces = [self._beginning(piece) for piece in self.needed]
        return b"".join((JFIF, *pieces, b"\xff\xd9"))

    def _beginning(self, piece: memoryview) -> bytes | memoryview:
        """Return a segment as first_rows() needs it: the frame with fewer rows, the scan with fewer bytes."""
        if piece[1] in FRAMES:
            return b"".join((piece[:5], min(self.height, 16).to_bytes(2, "big"), piece[7:]))
        return piece[:65_536] if piece[1] == 0xDA else piece

    def clean(self) -> bytes:
        """Return the file with nothing in it but the picture: no APPn, no comments, nothing behind the end."""
        return b"".join((JFIF, *self.needed, b"\xff\xd9"))


def read_jpeg(data: bytes) -> JpegParts:
    """Take a JPEG apart; raise PhotoRefused when it is cut short or makes no sense."""
    view, at = memoryview(data), 2
    parts = JpegParts([])
    while True:
        marker, at = _marker(data, at)
        if marker == 0xD9:
            break
        end = at + int.from_bytes(data[at : at + 2], "big")
        if end < at + 2 or end > len(data):
            raise PhotoRefused(DAMAGED)
        if marker == 0xDA:
            end = _end_of_scan(data, end)
            parts.scans += 1
        if _note(parts, marker, data, at):
            parts.needed.append(view[at - 2 : end])
        at = end
    if not parts.frame or not 1 <= parts.scans <= MAX_SCANS:
        raise PhotoRefused(DAMAGED)
    parts.size = sum(map(len, parts.needed))
    return parts


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at `at` and where its segment begins; raise PhotoRefused when there is none."""
    if data[at : at + 1] != b"\xff":
        raise PhotoRefused(DAMAGED)
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise PhotoRefused(DAMAGED)
    return data[at], at + 1


def _end_of_scan(data: bytes, start: int) -> int:
    """Return where the entropy-coded data from `start` ends: at the next marker that is not a restart."""
    found = END_OF_SCAN.search(data, start)
    if found is None:
        raise PhotoRefused(DAMAGED)
    return found.start()


def _note(parts: JpegParts, marker: int, data: bytes, at: int) -> bool:
    """Learn from the segment of `marker` whose length stands at `at`; return whether the picture needs it."""
    if marker in FRAMES:
        if parts.frame:
            raise PhotoRefused(DAMAGED)
        parts.frame = marker
        parts.height, parts.width = (
            int.from_bytes(data[at + 3 : at + 5], "big"),
            int.from_bytes(data[at + 5 : at + 7], "big"),
        )
        parts.components = data[at + 7]
        return True
    if marker in TABLES or marker == 0xDA:
        return True
    if 0xE0 <= marker <= 0xEF or marker == 0xFE:
        _note_application(parts, marker, data, at)
        return False
    raise PhotoRefused(DAMAGED)


def _note_application(parts: JpegParts, marker: int, data: bytes, at: int) -> None:
    """Learn whether an APPn segment holds metadata, or says how colours are to be read."""
    if marker == 0xE1:
        parts.has_metadata = True
    body = data[at + 2 : at + int.from_bytes(data[at : at + 2], "big")]
    if marker == 0xEE and body[:5] == b"Adobe":
        parts.has_colours = True
    if marker == 0xE2 and body[:11] == b"ICC_PROFILE" and not is_srgb(body):
        parts.has_colours = True
