"""A picture somebody sends, made small, square and harmless. Pure, but for Pillow.

What comes out was drawn anew from pixels: nothing of the file that came in is kept, neither its
metadata nor whatever else it was besides a picture.
"""

import warnings
from io import BytesIO

from PIL import Image, ImageOps, PngImagePlugin

#: Bytes of what is sent, and of what is kept.
LARGEST_FILE = 2_000_000
LARGEST_AVATAR = 20_000
#: How many pixels are decoded, so that it takes less than 50 MB: a phone's photo, a wide screen.
MOST_PIXELS = {"JPEG": 12_500_000, "PNG": 8_300_000, "GIF": 8_300_000, "WEBP": 2_100_000}
#: A photo has a dozen scans at most; each costs as much as the picture, however short it is.
MOST_SCANS = 40
SIDE = 256
#: Sides and qualities to try, until the picture is small enough: noise does not pack well.
STEPS = ((SIDE, 82), (SIDE, 65), (SIDE, 45), (192, 40), (128, 30), (64, 30))
# A picture's text may be packed as well: no more of it is unpacked than the picture may weigh.
PngImagePlugin.MAX_TEXT_MEMORY = LARGEST_FILE


class BadPicture(ValueError):
    """Not a picture we take; `code` says why: picture_unreadable, too_many_pixels."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def small_square(content: bytes) -> bytes:
    """A WebP of at most 256 × 256 pixels and 20 kB, cut from the middle. Raises BadPicture.

    Animations give their first frame; what is transparent becomes white.
    """
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise BadPicture("picture_unreadable")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what we refuse or do not read
            return _drawn_anew(content)
    except BadPicture:
        raise
    except Image.DecompressionBombError as fault:
        raise BadPicture("too_many_pixels") from fault
    except Exception as fault:  # each decoder has its own way to say that a file is broken
        raise BadPicture("picture_unreadable") from fault


def _drawn_anew(content: bytes) -> bytes:
    with Image.open(BytesIO(content), formats=list(MOST_PIXELS)) as picture:
        if picture.width * picture.height > MOST_PIXELS[str(picture.format)]:
            raise BadPicture("too_many_pixels")
        picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded at a fraction of its size
        turned = picture.getexif().get(0x0112, 1)
        square = _square(picture)
    upright = _TURNS.get(turned)
    return _packed(square.transpose(upright) if upright is not None else square)


#: What EXIF's `Orientation` asks for.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _square(picture: Image.Image) -> Image.Image:
    """The middle of a picture, on white, `SIDE` wide. Big ones are thinned out first: what follows
    makes copies.
    """
    picture.thumbnail((8 * SIDE, 8 * SIDE), Image.Resampling.NEAREST)
    small = ImageOps.fit(picture.convert("RGBA"), (SIDE, SIDE))
    paper = Image.new("RGBA", small.size, "white")
    return Image.alpha_composite(paper, small).convert("RGB")


def _packed(square: Image.Image) -> bytes:
    for side, quality in STEPS:
        file = BytesIO()
        smaller = square if side == SIDE else square.resize((side, side))
        smaller.save(file, "WEBP", quality=quality, method=4)
        if file.tell() <= LARGEST_AVATAR:
            return file.getvalue()
    raise BadPicture("picture_unreadable")
