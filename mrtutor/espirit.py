"""ESPIRiT: coil maps as the eigenvectors of what the calibration lines have in common [Uecker2014].

A coil image is head times map, and maps are smooth: so each small window of k-space, seen by all coils at once, lies in
a small space, and a picture that passes the projection onto that space unchanged is one that this array can have heard.
Written out pixel by pixel the projection is a small matrix, coil by coil; its eigenvector of eigenvalue 1 is the map.
"""

import torch
from torch import Tensor


def signal_space(calibration: Tensor, kernel: int, threshold: float = 0.02) -> Tensor:
    """Projection onto the space of all kernel x kernel windows of a block (coil, y, x): (coil, k, k, coil, k, k).

    Directions weaker than `threshold` times the strongest are noise.
    """
    windows = calibration.unfold(1, kernel, 1).unfold(2, kernel, 1)  # (coil, place y, place x, k, k)
    A = windows.permute(1, 2, 0, 3, 4).flatten(0, 1).flatten(1)  # one window a row
    power, V = torch.linalg.eigh(A.mH @ A)  # A = U sqrt(power) V^H
    V = V[:, power > threshold**2 * power[-1]].conj()
    sides = (len(calibration), kernel, kernel)
    return (V @ V.mH).view(*sides, *sides)


def pixel_matrices(projection: Tensor, shape: tuple[int, int]):
    """The projection, applied all over k-space, as one coil x coil matrix a pixel: row after row, (x, coil, coil).

    A convolution in k-space is a product in the picture: entry (c, d) is the Fourier series of how coil d's samples
    enter coil c's, gathered by their distance.
    """
    n_coils, kernel = projection.shape[:2]
    distance = torch.arange(kernel, device=projection.device)
    distance = distance[:, None] - distance + kernel - 1  # 0 ... 2 k - 2
    series = projection.new_zeros(n_coils, n_coils, 2 * kernel - 1, 2 * kernel - 1)
    terms = projection.permute(0, 3, 1, 4, 2, 5)  # (coil, coil, ky, ky', kx, kx')
    index = distance[:, :, None, None] * (2 * kernel - 1) + distance  # (ky, ky', kx, kx')
    series.flatten(2).index_add_(2, index.flatten(), terms.flatten(2))
    along_y, along_x = (waves(n, kernel, projection) for n in shape)
    for row in along_y:
        yield torch.einsum("cdk,xk->xcd", (series * row[:, None]).sum(2), along_x) / kernel**2


def waves(n: int, kernel: int, like: Tensor) -> Tensor:
    """exp(2 pi i d r / n) at the n pixels r of an axis, for the distances d = 1 - k ... k - 1: (n, 2 k - 1)."""
    place = torch.arange(n, device=like.device) - n // 2
    d = torch.arange(1 - kernel, kernel, device=like.device)
    return torch.polar(torch.ones(n, len(d), device=like.device), 2 * torch.pi / n * place[:, None] * d).to(like.dtype)


def eigenmaps(
    calibration: Tensor, shape: tuple[int, int], kernel: int = 6, n_iter: int | None = None
) -> tuple[Tensor, Tensor]:
    """Eigenvector (coil, y, x), of unit norm, and eigenvalue (1, y, x), about 1 in the object and less in air.

    calibration: the fully measured central block (coil, y, x), at least `kernel` samples a side. An eigenvector has no
    phase of its own: here the first coil that hears anything is real and positive. `n_iter`: power iterations from a
    vector of ones; None: exact, and in pictures finer than `FINE` exact at some pixels, from where the others start.
    """
    n_coils = len(calibration)
    maps = calibration.new_empty(n_coils, *shape)
    eigenvalue = torch.empty(1, *shape, device=calibration.device)
    step_y, step_x = (max(1, n // FINE) for n in shape)
    start = calibration.new_ones(shape[1], n_coils, 1)
    for y, matrices in enumerate(pixel_matrices(signal_space(calibration, kernel), shape)):
        if n_iter is None and y % step_y == 0:
            exact = torch.linalg.eigh(matrices[::step_x]).eigenvectors[..., -1:]
            start = exact.repeat_interleave(step_x, 0)[: shape[1]]
        v = start
        for _ in range(6 if n_iter is None else n_iter):
            v = matrices @ v
            length = v.abs().square().sum(-2, keepdim=True).sqrt()
            v = v / length
        maps[:, y], eigenvalue[0, y] = v[..., 0].T, length[..., 0, 0]
    power = calibration.abs().square().sum((-2, -1))
    first = int((power >= 1e-3 * power.max()).nonzero()[0])
    return maps.mul_(torch.sgn(maps[first]).conj()), eigenvalue


FINE = 64  # pixels along an axis: maps are smoother than that
