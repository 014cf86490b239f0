"""Where a place of a slice lies in its upright picture, as fractions (x, y): what a `Place` or a `Click` takes."""

import torch
from torch import Tensor

from ...scan import Scan


def upright_place(case: Scan, spot: Tensor) -> tuple[float, float]:
    """Centre of a bool region (1, y, x), as fractions (x, y) of the upright picture."""
    rows, columns = torch.as_tensor(case.stand_up(spot))[0].nonzero().double().mean(0).tolist()
    height, width = case.stand_up(spot).shape[-2:]
    return (columns + 0.5) / width, (rows + 0.5) / height


def upright_pixel(case: Scan, y: int, x: int) -> tuple[float, float]:
    """Pixel (y, x) of a picture of `case` as fractions (x, y) of the upright picture."""
    spot = torch.zeros(case.image.shape[-2:])
    spot[y, x] = 1
    row, column = torch.as_tensor(case.stand_up(spot)).nonzero()[0].tolist()
    height, width = case.stand_up(spot).shape
    return (column + 0.5) / width, (row + 0.5) / height
