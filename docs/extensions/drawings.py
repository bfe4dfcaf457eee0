"""One drawing of each model, by name: the directive `drawing`."""

from collections.abc import Callable

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from svg import BLUE, GREEN, GREY, ORANGE, Drawing

_SHOWER = [
    "........",
    "...1....",
    "...31...",
    "..162...",
    "...941..",
    "..1421..",
    "....1...",
    "........",
]
_TRACK = [
    "........",
    ".....1..",
    "....4...",
    "....6...",
    "...5....",
    "..7.....",
    ".4......",
    "........",
]


def sarm() -> str:
    """Pixels in a spiral from the centre; a zero or a value."""
    made = Drawing(740, 190, "SARM draws pixel after pixel along a spiral")
    made.image(
        20,
        25,
        [".......", ".......", "..21...", "..49...", "..31?..", ".......", "......."],
        cell=20,
    )
    spiral = [(3, 3), (2, 3), (2, 2), (3, 2), (4, 2), (4, 3), (4, 4)]
    made.line(*[(20 + (c + 0.5) * 20, 25 + (r + 0.5) * 20) for r, c in spiral], colour=ORANGE)
    made.words(90, 184, "the pixels so far, x₁ … xᵢ₋₁")
    made.arrow((168, 95), (205, 95))
    made.box(207, 60, 130, 70, "masked network:\nunit of degree d\nsees x₁ … x_d")
    made.arrow((339, 85), (385, 55))
    made.arrow((339, 105), (385, 135))
    made.box(387, 30, 150, 48, "γᵢ: is the pixel zero?", ORANGE)
    made.box(387, 110, 150, 48, "f(xᵢ | φᵢ): how much,\nif it is not", GREEN)
    made.arrow((539, 54), (590, 86))
    made.arrow((539, 134), (590, 104))
    made.box(592, 72, 50, 46, "xᵢ", GREY)
    made.arrow((644, 95), (690, 95), (690, 12), (90, 12), (90, 23))
    made.words(610, 27, "next pixel of the spiral", size=12)
    return made.svg()


def pixelcnnpp() -> str:
    """Rows above and pixels to the left; a mixture of logistics."""
    made = Drawing(740, 190, "PixelCNN++ draws pixels in raster order")
    colours = {"a": BLUE, "l": GREEN}
    rows = ["aaaaaaa", "aaaaaaa", "aaaaaaa", "lll?...", ".......", ".......", "......."]
    made.image(20, 20, rows, cell=20, colours=colours)
    made.words(90, 178, "raster order, levels of a grid")
    made.arrow((162, 50), (205, 50))
    made.arrow((162, 91), (205, 120))
    made.box(207, 28, 160, 46, "stream of rows above", BLUE)
    made.box(207, 98, 160, 46, "stream to the left", GREEN)
    made.arrow((287, 76), (287, 96))
    made.arrow((369, 121), (415, 100))
    made.box(417, 66, 135, 62, "wₘ, μₘ, sₘ of a\nmixture of logistics", ORANGE)
    made.arrow((554, 97), (590, 97))
    heights = [2, 5, 12, 30, 52, 38, 20, 14, 24, 34, 22, 10, 4, 2]
    for place, height in enumerate(heights):
        x = 595 + place * 9
        made.line((x, 130), (x, 130 - height), (x + 9, 130 - height), (x + 9, 130), colour=ORANGE)
    made.words(658, 148, "probability of each level", size=12)
    return made.svg()


def lagan() -> str:
    """Generator against discriminator."""
    made = Drawing(740, 230, "LAGAN: a generator against a discriminator")
    made.box(5, 28, 118, 54, "normal numbers z,\nlabel c", GREY)
    made.arrow((125, 55), (148, 55))
    made.box(
        150, 20, 156, 70, "generator G:\nlocally connected layers,\nReLU makes the zeros", GREEN
    )
    made.arrow((308, 55), (334, 55))
    made.image(338, 8, _SHOWER, cell=11)
    made.words(382, 116, "or", size=12)
    made.image(338, 128, _SHOWER[::-1], cell=11)
    made.words(328, 176, "simulated image", anchor="end", size=12)
    made.arrow((430, 60), (480, 96))
    made.arrow((430, 170), (480, 132))
    made.box(482, 84, 116, 62, "discriminator D", BLUE)
    made.arrow((600, 104), (628, 82))
    made.arrow((600, 126), (628, 148))
    made.box(630, 56, 95, 40, "real?", ORANGE)
    made.box(630, 136, 95, 40, "which label?", ORANGE)
    return made.svg()


def vqvae() -> str:
    """Image to codes and back."""
    made = Drawing(740, 190, "VQ-VAE: images to maps of codes and back")
    made.image(15, 32, _TRACK, cell=14)
    made.arrow((130, 88), (156, 88))
    made.box(158, 58, 90, 60, "encoder", GREEN)
    made.arrow((250, 88), (282, 88))
    made.words(266, 78, "z", size=12)
    made.box(284, 50, 128, 76, "nearest of the K\nvectors e₁ … e_K\n(codebook)", ORANGE)
    made.arrow((414, 88), (440, 88))
    for row, codes in enumerate(((4, 17), (9, 4))):
        for column, code in enumerate(codes):
            made.box(444 + column * 32, 56 + row * 32, 32, 32, f"{code}", GREY)
    made.words(476, 140, "map of codes", size=12)
    made.arrow((511, 88), (534, 88))
    made.box(536, 58, 75, 60, "decoder", GREEN)
    made.arrow((613, 88), (622, 88))
    made.image(626, 32, _TRACK, cell=14)
    made.words(71, 164, "4 × 4 pixels are one cell", size=12)
    made.words(680, 164, "reconstruction", size=12)
    return made.svg()


def vqvae_pixelcnn() -> str:
    """Codes in raster order, then the decoder."""
    made = Drawing(740, 190, "PixelCNN over the codes of a VQ-VAE")
    codes = {"a": ORANGE}
    made.image(20, 40, ["aaaa", "aa?.", "....", "...."], cell=26, colours=codes)
    made.words(72, 164, "codes in raster order", size=12)
    made.arrow((128, 92), (160, 92))
    made.box(162, 52, 150, 80, "gated PixelCNN:\nvertical and\nhorizontal stack", BLUE)
    made.arrow((314, 92), (346, 92))
    made.box(346, 70, 88, 44, "P(next code)", ORANGE)
    made.arrow((390, 68), (390, 16), (72, 16), (72, 38))
    made.words(232, 32, "until the map is full", size=12)
    made.arrow((434, 92), (464, 92), dashed=True)
    made.box(466, 62, 120, 60, "decoder of the\ntrained VQ-VAE", GREEN)
    made.arrow((588, 92), (612, 92))
    made.image(616, 36, _TRACK, cell=14)
    made.words(672, 166, "image", size=12)
    return made.svg()


def sparse_transformer() -> str:
    """One step a non-zero pixel."""
    made = Drawing(740, 200, "The sparse transformer draws one non-zero pixel after the other")
    rows = [".......", ".......", "..9.4..", "...7?..", ".......", ".......", "......."]
    made.box(15, 60, 118, 76, "first: how many\npixels n,\nand their sum s", GREY)
    made.arrow((135, 98), (158, 98))
    made.image(162, 28, rows, cell=20)
    made.numbers(162, 28, [(2, 2), (3, 3), (2, 4)], cell=20)
    made.words(232, 188, "the non-zero pixels so far", size=12)
    made.arrow((304, 98), (334, 98))
    made.box(336, 66, 124, 64, "transformer: one\ntoken a non-zero\npixel", BLUE)
    made.arrow((462, 86), (500, 62))
    made.arrow((462, 110), (500, 134))
    made.box(502, 38, 140, 46, "where is the next one?", ORANGE)
    made.box(502, 112, 140, 46, "what is it worth, of\nwhat remains of s?", GREEN)
    made.arrow((572, 86), (572, 110))
    made.arrow((644, 135), (690, 135), (690, 12), (232, 12), (232, 26))
    made.words(560, 184, "empty pixels cost no step", size=12)
    return made.svg()


def ssnet() -> str:
    """A U-Net that labels pixels."""
    made = Drawing(740, 210, "SSNet labels each pixel as track, shower or background")
    made.image(15, 25, _TRACK, cell=14)
    made.arrow((130, 60), (168, 60))
    for place, (width, height) in enumerate(((36, 100), (30, 70), (24, 44))):
        made.box(170 + place * 62, 20 + place * 52, width, height - place * 6, "", BLUE)
        made.box(470 - place * 62, 20 + place * 52, width, height - place * 6, "", GREEN)
        left, right = 170 + place * 62 + width, 470 - place * 62
        if place < 2:
            made.arrow((left + 3, 44 + place * 52), (right - 3, 44 + place * 52), dashed=True)
            made.arrow((left + 2, 96 + place * 40), (left + 24, 118 + place * 40))
            made.arrow((right - 24, 118 + place * 40), (right - 2, 96 + place * 40))
    made.arrow((320, 142), (344, 142))
    made.words(338, 196, "residual blocks at ever fewer pixels, and back", size=12)
    made.arrow((508, 60), (560, 60))
    labels = [row.translate(str.maketrans("1234567", "ttttttt")) for row in _TRACK]
    labels[1], labels[2] = labels[1].replace("t", "s"), labels[2].replace("t", "s")
    made.image(564, 25, labels, cell=14, colours={"t": BLUE, "s": ORANGE})
    made.words(620, 160, "track, shower or background,\na score each", size=12)
    return made.svg()


def classifier() -> str:
    """Convolutions over the whole image."""
    made = Drawing(740, 160, "The classifier of images")
    made.image(15, 20, _SHOWER, cell=14)
    made.arrow((130, 76), (160, 76))
    made.box(162, 44, 150, 64, "two 3 × 3\nconvolutions,\nmaximum of 2 × 2", BLUE)
    made.arrow((314, 76), (344, 76))
    made.box(346, 44, 120, 64, "the same\nonce more", BLUE)
    made.arrow((468, 76), (498, 76))
    made.box(500, 50, 100, 52, "two dense\nlayers", GREEN)
    made.arrow((602, 76), (630, 76))
    made.box(632, 52, 96, 48, "f(x): log-odds\nof signal", ORANGE)
    return made.svg()


def sparse_classifier() -> str:
    """Non-zero pixels only."""
    made = Drawing(740, 170, "The classifier of non-zero pixels")
    made.image(15, 20, _TRACK, cell=14)
    for place, y in enumerate((22, 64, 106)):
        made.arrow((130, 40 + place * 30), (170, y + 15))
        made.box(172, y, 190, 32, "place, charge, surroundings", BLUE)
        made.arrow((364, y + 16), (392, y + 16))
        made.box(394, y, 56, 32, "MLP", GREEN)
        made.arrow((452, y + 16), (492, 62 + place * 18))
    made.words(267, 158, "one row a non-zero pixel; the same MLP for all", size=12)
    made.box(494, 46, 92, 68, "mean, sum,\nnumber", GREY)
    made.arrow((588, 80), (606, 80))
    made.box(608, 64, 46, 32, "MLP", GREEN)
    made.arrow((656, 80), (672, 80))
    made.box(674, 60, 60, 40, "f(x)", ORANGE)
    return made.svg()


DRAWINGS: dict[str, Callable[[], str]] = {
    draw.__name__: draw
    for draw in (
        sarm, pixelcnnpp, lagan, vqvae, vqvae_pixelcnn, sparse_transformer, ssnet, classifier,
        sparse_classifier,
    )
}  # fmt: skip


class DrawingDirective(SphinxDirective):
    """`{drawing} NAME`: the drawing of a model."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in DRAWINGS:
            raise self.error(f"no drawing '{name}'; there are {', '.join(DRAWINGS)}")
        return [nodes.raw("", f'<p class="drawing">{DRAWINGS[name]()}</p>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_directive("drawing", DrawingDirective)
    return {"parallel_read_safe": True}
