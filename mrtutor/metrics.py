"""Numbers that compare an image with its reference, inside the head only: air would flatter every one of them.

Images may be complex (their magnitude is compared) and have shape (1, y, x) or (y, x); one slice at a time.
`region` bool (y, x) is where the score is taken; default `foreground(reference)`.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad


def _magnitude(image: Tensor) -> Tensor:
    """(1, y, x) or (y, x), complex or real -> (y, x) real."""
    image = image.abs() if image.is_complex() else image
    if image.ndim == 3 and image.shape[0] == 1:
        image = image[0]
    if image.ndim != 2:
        raise ValueError(f"image must be one slice, (1, y, x) or (y, x), got {tuple(image.shape)}")
    return image


def _pair(image: Tensor, reference: Tensor, region: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    image, reference = _magnitude(image), _magnitude(reference)
    if image.shape != reference.shape:
        raise ValueError(
            f"image must have the shape of its reference {tuple(reference.shape)}, got {tuple(image.shape)}"
        )
    for name, picture in (("image", image), ("reference", reference)):
        if not bool(picture.isfinite().all()):
            raise ValueError(f"{name} must hold finite numbers, got {int((~picture.isfinite()).sum())} that are not")
    region = foreground(reference) if region is None else _region(region, reference)
    if not bool(region.any()):
        raise ValueError("region must hold at least one pixel, got none")
    return image, reference, region


def _region(region: Tensor, reference: Tensor) -> Tensor:
    """bool (y, x), from bool or numbers 0 and 1."""
    if region.numel() != reference.numel() or not bool(((region == 0) | (region == 1)).all()):
        raise ValueError(
            f"region must be bool of the shape {tuple(reference.shape)}, got {region.dtype} {tuple(region.shape)}"
        )
    return region.reshape(reference.shape) == 1


def foreground(reference: Tensor, threshold: float = 0.08) -> Tensor:
    """The head: reference above 8 % of its maximum, opened (specks go), holes filled. Bool (y, x)."""
    from scipy.ndimage import binary_fill_holes, binary_opening

    reference = _magnitude(reference)
    bright = (reference > threshold * reference.max()).cpu().numpy()
    return torch.from_numpy(binary_fill_holes(binary_opening(bright))).to(reference.device)


def nmse(image: Tensor, reference: Tensor, region: Tensor | None = None) -> float:
    """|image - reference|^2 / |reference|^2: 0 is perfect."""
    image, reference, region = _pair(image, reference, region)
    return float((image - reference)[region].square().sum() / reference[region].square().sum())


def psnr(image: Tensor, reference: Tensor, region: Tensor | None = None) -> float:
    """10 log10(max(reference)^2 / mean squared error), in dB; the maximum is taken over the whole slice."""
    image, reference, region = _pair(image, reference, region)
    return float(10 * torch.log10(reference.max().square() / (image - reference)[region].square().mean()))


def ssim_map(image: Tensor, reference: Tensor, window: int = 7) -> Tensor:
    """Local structural similarity (y, x): 7 x 7 uniform window, K 0.01 and 0.03, sample covariance [Wang2004].

    The range is the maximum of the reference. Near the border (3 pixels) the map repeats its inner edge.
    """
    image, reference, _ = _pair(image, reference, torch.ones_like(_magnitude(reference), dtype=torch.bool))
    if not 2 <= window <= min(reference.shape):
        raise ValueError(f"window must lie in 2..{min(reference.shape)} (the shorter side), got {window}")
    c1, c2 = (0.01 * reference.max()) ** 2, (0.03 * reference.max()) ** 2
    sample = window**2 / (window**2 - 1)

    def mean(x):
        return avg_pool2d(x[None, None].double(), window, stride=1)[0, 0]

    mu_x, mu_y = mean(image), mean(reference)
    var_x, var_y = sample * (mean(image.double() ** 2) - mu_x**2), sample * (mean(reference.double() ** 2) - mu_y**2)
    covariance = sample * (mean(image.double() * reference.double()) - mu_x * mu_y)
    inner = (2 * mu_x * mu_y + c1) * (2 * covariance + c2) / ((mu_x**2 + mu_y**2 + c1) * (var_x + var_y + c2))
    return pad(inner[None, None], [window // 2] * 4, mode="replicate")[0, 0].to(reference.dtype)


def ssim(image: Tensor, reference: Tensor, region: Tensor | None = None) -> float:
    """Mean of `ssim_map` over the region; 1 is perfect."""
    *_, region = _pair(image, reference, region)
    return float(ssim_map(image, reference)[region].mean())


def laplacian_of_gaussian(image: Tensor, size: int = 15, sigma: float = 1.5) -> Tensor:
    """Edges and fine detail: convolution with a size x size LoG kernel of zero sum, (y, x)."""
    t = torch.arange(size, dtype=torch.float64, device=image.device) - size // 2
    r2 = t[:, None] ** 2 + t[None, :] ** 2
    gaussian = torch.exp(-r2 / (2 * sigma**2))
    kernel = gaussian / gaussian.sum() * (r2 - 2 * sigma**2) / sigma**4
    kernel = (kernel - kernel.mean()).float()[None, None]
    return conv2d(_magnitude(image)[None, None].float(), kernel, padding=size // 2)[0, 0]


def hfen(image: Tensor, reference: Tensor, region: Tensor | None = None) -> float:
    """High-frequency error norm: |LoG(image - reference)|^2 / |LoG(reference)|^2.

    How much fine detail is wrong [Ravishankar2011].
    """
    image, reference, region = _pair(image, reference, region)
    wrong, right = laplacian_of_gaussian(image - reference), laplacian_of_gaussian(reference)
    return float(wrong[region].square().sum() / right[region].square().sum())


def ghost_index(image: Tensor, reference: Tensor, acceleration: int) -> float:
    """How much of the error is a fold-over copy: |<e, shift(x)>| / |shift(x)|^2, largest over the R - 1 shifts W/R.

    image, reference: complex (1, y, x) as reconstructed; e = image - reference. 0: no copy; 1: a copy as bright as the
    head. For equispaced lines only.
    """
    n_x = reference.shape[-1]
    if not 2 <= acceleration <= n_x:
        raise ValueError(f"acceleration must lie in 2..{n_x} (the number of lines), got {acceleration}")
    error = image - reference
    copies = [reference.roll(round(k * n_x / acceleration), -1) for k in range(1, acceleration)]
    return max(float((error.conj() * copy).sum().abs() / copy.abs().square().sum()) for copy in copies)


def error_map(image: Tensor, reference: Tensor) -> Tensor:
    """| |image| - |reference| | as a share of the reference's maximum, (y, x)."""
    image, reference = _magnitude(image), _magnitude(reference)
    return (image - reference).abs() / reference.max()


SCORES = {
    "PSNR": psnr,
    "SSIM": ssim,
    "HFEN": hfen,
    "NMSE": nmse,
}  # name -> (image, reference, region) -> number: what tables print
