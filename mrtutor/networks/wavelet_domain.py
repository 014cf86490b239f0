"""Networks that also work on wavelets: IKWI-net [Wang2020ikwi] and HIWDNet [Tong2022].

IKWI      K and I as in KIKI-net, and W:  b <- b + C_W(b)  on the four Haar sub-bands b of the image, then DC
HIWDNet   x <- DC(x + a C_I(x)),  b_s <- b_s + C_s(b_s) for each sub-band s, DC: a network of its own kind a domain

Ours: neither paper's layer sizes are public, so these are built in their spirit. The wavelet is one level of the
orthonormal Haar transform. HIWDNet leaves out k-space networks; data consistency still goes there.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..types import Image
from .base import n_weights, to_channels, to_complex
from .kiki import KIKI, Stage, Stagewise, correction, icnn
from .stages import start_small

BANDS = ("LL", "LH", "HL", "HH")  # low or high along y, then along x


def haar(image: Tensor) -> Tensor:
    """Half the sum and half three differences of each 2 x 2 block, orthonormal.

    (b, 1, y, x) -> (b, 4, ceil(y/2), ceil(x/2)).
    The channels are `BANDS`. An odd side is made even by repeating its last line.
    """
    y, x = image.shape[-2:]
    if y % 2:
        image = torch.cat([image, image[..., -1:, :]], -2)
    if x % 2:
        image = torch.cat([image, image[..., -1:]], -1)
    a, b, c, d = (
        image[..., i::2, j::2] for i in (0, 1) for j in (0, 1)
    )  # upper left, upper right, lower left, lower right
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2


def inverse_haar(bands: Tensor) -> Tensor:
    """The image of even sides with these sub-bands: (b, 4, y, x) -> (b, 1, 2y, 2x)."""
    ll, lh, hl, hh = bands.unbind(1)
    upper = torch.stack([ll + lh + hl + hh, ll - lh + hl - hh], -1).flatten(-2)  # (b, y, x, 2) -> (b, y, 2x)
    lower = torch.stack([ll + lh - hl - hh, ll - lh - hl + hh], -1).flatten(-2)
    return torch.stack([upper, lower], -2).flatten(-3, -2)[:, None] / 2  # (b, y, 2, 2x) -> (b, 1, 2y, 2x)


class WCNN(nn.Module):
    """b + C_W(b): one CNN sees all four sub-bands, (b, 4, y, x) -> (b, 4, y, x)."""

    domain = "wavelet"

    def __init__(self, width: int, depth: int):
        super().__init__()
        self.convs = correction(8, width, depth)

    def forward(self, bands: Tensor) -> Tensor:
        return bands + to_complex(self.convs(to_channels(bands)))


class IKWI(KIKI):
    """Image, k-space, wavelet and image stages in the order given; arguments as in `KIKI`."""

    letters = {**KIKI.letters, "W": (haar, WCNN, inverse_haar)}
    names = "I (image), K (k-space) and W (wavelet)"

    def __init__(self, order: str = "IKWI", width: int = 24, depth: int = 5, dc: str = "proximal", n_cg: int = 5):
        super().__init__(order, width, depth, dc, n_cg)


class DenseBlock(nn.Module):
    """Three convolutions, each of which sees the input and all answers before it:

    (b, n_in, y, x) -> (b, n_in + 3 growth, y, x).
    """

    def __init__(self, n_in: int, growth: int):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(n_in + k * growth, growth, 3, padding=1) for k in range(3))
        self.n_out = n_in + 3 * growth

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = torch.cat([x, F.leaky_relu(conv(x), 0.01)], 1)
        return x


class Gate(nn.Module):
    """Spatial attention: how far each pixel is open to correction, 0 to 1, (b, n_in, y, x) -> (b, 1, y, x)."""

    def __init__(self, n_in: int):
        super().__init__()
        self.conv = nn.Conv2d(n_in, 1, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(features))


class ImagePart(nn.Module):
    """x + a C_I(x): dense blocks at full, half and quarter size, fused at full size; a gate a says where to correct."""

    domain = "image"

    def __init__(self, width: int, growth: int):
        super().__init__()
        self.first = nn.Conv2d(2, width, 3, padding=1)
        n_in, blocks = width, []
        for _ in range(3):
            blocks.append(DenseBlock(n_in, growth))
            n_in = blocks[-1].n_out
        self.blocks = nn.ModuleList(blocks)
        self.fuse = nn.ModuleList(nn.Conv2d(block.n_out, width, 1) for block in blocks)
        self.gate = Gate(width)
        self.last = nn.Conv2d(width, 2, 3, padding=1)
        start_small(self.last, 0.1)

    def forward(self, x: Image) -> Image:
        coarse = self.first(to_channels(x))
        features = torch.zeros(())
        for block, fuse in zip(self.blocks, self.fuse, strict=True):
            coarse = block(coarse)
            features = features + F.interpolate(fuse(coarse), x.shape[-2:], mode="bilinear")
            coarse = F.avg_pool2d(coarse, 2, ceil_mode=True)
        features = F.leaky_relu(features, 0.01)
        return x + to_complex(self.gate(features) * self.last(features))


class WaveletPart(nn.Module):
    """b_s + C_s(b_s): a light CNN of its own for each sub-band, wider for the coarse picture LL:

    (b, 4, y, x) -> (b, 4, y, x).
    """

    domain = "wavelet"

    def __init__(self, width: int):
        super().__init__()
        self.bands = nn.ModuleDict({band: correction(2, width if band == "LL" else width // 2, 3) for band in BANDS})

    def forward(self, bands: Tensor) -> Tensor:
        return torch.cat(
            [
                band + to_complex(cnn(to_channels(band)))
                for cnn, band in zip(self.bands.values(), bands.split(1, 1), strict=True)
            ],
            1,
        )


class HIWDNet(Stagewise):
    """`n_cascades` times an image stage and a wavelet stage; `width` channels, dense blocks that grow by `growth`.

    tailored=False puts one plain CNN, the same in both domains, into every stage, with about as many parameters in all:
    what the paper argues against.
    """

    def __init__(
        self,
        n_cascades: int = 2,
        width: int = 16,
        growth: int = 8,
        tailored: bool = True,
        dc: str = "proximal",
        n_cg: int = 5,
    ):
        stages = []
        for _ in range(n_cascades):
            image_part: nn.Module = ImagePart(width, growth)
            wavelet_part: nn.Module = WaveletPart(width)
            if not tailored:
                same = plain_width(n_weights(image_part) + n_weights(wavelet_part))
                image_part, wavelet_part = icnn(same, 5), WCNN(same, 5)
            stages.append(Stage(nn.Identity(), image_part, nn.Identity(), dc))
            stages.append(Stage(haar, wavelet_part, inverse_haar, dc))
        super().__init__(stages, n_cg)


def plain_width(n_parameters: int) -> int:
    """Channels at which an image CNN and a wavelet CNN of 5 layers have, together, nearest to `n_parameters`."""

    def plain(n_channels, width):  # weights and biases of n_channels -> width -> width -> width -> width -> n_channels
        return 9 * (2 * n_channels * width + 3 * width**2) + 4 * width + n_channels

    return min(range(2, 129), key=lambda width: abs(plain(2, width) + plain(8, width) - n_parameters))
