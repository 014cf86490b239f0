"""U-Net beside fastMRI's, VarNet and MoDL beside deepinv's: a forward pass, and a training step as `fit` takes it.
Goal: not slower.

Equal size: the same layers, unrolls, steps of CG, slice (batch 1), loss, clipping and Adam. What is not equal counts
against ours: deepinv uses one denoiser in all unrolls and ours one each; our MoDL gives its denoiser two channels more
and reads noise and phase from the data, and its compressed-sensing start, which deepinv's has not, is timed in a row of
its own. mrpro has no such networks, only the CG between their denoisers: the last row puts them together. Times are the
processor's on one thread, so that waiting for another process does not count; contestants in turns, medians of all
turns; the ratio is the median of the turns' ratios.
"""

import copy
import statistics
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch

try:
    import torchvision  # noqa: F401, deepinv imports it
except (
    RuntimeError
):  # its compiled operators are absent beside torch's CPU build; nothing here calls them, but they must have a name
    LIBRARY = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        LIBRARY.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import itertools

from deepinv.models import DnCNN
from deepinv.models import MoDL as DeepinvMoDL
from deepinv.models import VarNet as DeepinvVarNet
from deepinv.physics import MultiCoilMRI
from fastmri.models import Unet as FastmriUnet
from mrpro.operators import ConjugateGradientOp, FastFourierOp, LinearOperator, SensitivityOp
from torch import Tensor, nn

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import add_noise, complex_normal, encode
from mrtutor.networks.base import to_channels, to_complex
from mrtutor.networks.unet import Unet
from mrtutor.networks.unrolled import MoDL, VarNet
from mrtutor.sampling import equispaced
from mrtutor.training.loop import fit
from mrtutor.training.plan import Plan
from mrtutor.training.stream import Example

SIZE, N_COILS = 128, 8
TURNS, STEPS = 11, 4  # each contestant takes STEPS steps in each turn; the first of them warms up
UNETS = ((16, 3, 128), (32, 4, 128), (16, 3, 256))  # width, halvings, pixels per side


class Case(NamedTuple):
    """A row: our network with what `fit` gives it, theirs as a function of nothing, and the answer it should give."""

    name: str
    ours: nn.Module
    example: Example
    theirs: nn.Module
    run: Callable[[], Tensor]
    target: Tensor


class OfPictures(nn.Module):
    """A network of real pictures, called as `fit` calls a network."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, picture: Tensor, mask: Tensor, maps: Tensor) -> Tensor:
        return self.net(picture)


class OneSlice:
    """A stream that gives the same example for ever."""

    def __init__(self, example: Example):
        self.example = example

    def slice_number(self, i: int) -> Example:
        return self.example


class Clock:
    """Watches `fit`: processor time at the end of each step."""

    def __init__(self):
        self.ends = []

    def tick(self, step: int) -> None:
        self.ends.append(time.process_time())

    def __call__(self, history) -> None:
        pass


class MrproMoDL(nn.Module):
    """MoDL of mrpro's operators: ours without the start, `n_cg` steps of CG through which the gradient runs step by
    step.
    """

    def __init__(self, A: LinearOperator, kspace: Tensor, n_unrolls: int, denoiser: Callable[[], nn.Module], n_cg: int):
        super().__init__()
        self.denoise = nn.ModuleList(denoiser() for _ in range(n_unrolls))
        self.mu = nn.Parameter(torch.ones(n_unrolls))
        self.start, gram = A.H(kspace)[0], A.gram
        self.fit = ConjugateGradientOp(
            lambda z, mu: gram + mu,
            lambda z, mu: (self.start + mu * z,),  # the implicit gradient ignores n_cg
            implicit_backward=False,
            tolerance=0.0,
            max_iterations=n_cg,
        )

    def forward(self) -> Tensor:
        x = self.start
        for denoise, mu in zip(self.denoise, self.mu, strict=True):
            x = self.fit(to_complex(denoise(to_channels(x[0])))[None], mu)[0]
        return x


def squared(prediction: Tensor, target: Tensor) -> Tensor:
    """The loss of every contestant."""
    return (prediction - target).abs().square().mean()


def unet_case(width: int, n_pools: int, size: int) -> Case:
    picture, target = torch.randn(2, 2, size, size, generator=torch.Generator().manual_seed(size))
    ours, theirs = Unet(2, 2, width, n_pools), FastmriUnet(2, 2, chans=width, num_pool_layers=n_pools)
    nothing = torch.zeros(1)
    return Case(
        f"U-Net, {width} wide, {n_pools} halvings, {size} x {size}, beside fastmri",
        OfPictures(ours),
        Example(picture, nothing, nothing, target),
        theirs,
        lambda: theirs(picture[None]),
        target[None],
    )


def unrolled_cases() -> list[Case]:
    draw = torch.Generator().manual_seed(1)
    maps, mask = birdcage_maps((SIZE, SIZE), N_COILS), equispaced((SIZE, SIZE), 4, 16)
    target = complex_normal((1, SIZE, SIZE), draw)
    example = Example(mask * add_noise(encode(target, mask, maps), 0.02, draw), mask, maps, target)
    with warnings.catch_warnings(action="ignore"):  # that eight steps of CG are few for an implicit gradient
        physics = MultiCoilMRI(mask.float(), maps, max_iter=8, tol=0.0)
    y, image = torch.view_as_real(example.kspace).permute(3, 0, 1, 2)[None], to_channels(target[None])
    torch.testing.assert_close(
        physics.A(image), torch.view_as_real(encode(target, mask, maps)).permute(3, 0, 1, 2)[None]
    )  # the same E
    varnet = DeepinvVarNet(Unet(2, 2, 8, 2, norm=False), num_cascades=6)
    modl = DeepinvMoDL(denoiser(), num_iter=3)
    whole, bare = MoDL(3, 32, 5, 8), MoDL(3, 32, 5, 8, n_start=0)
    E = mask[None, None] * (FastFourierOp((-2, -1)) @ SensitivityOp(maps[None, :, None]))
    mrpro = MrproMoDL(E, example.kspace[None, :, None], 3, denoiser, 8)
    return [
        Case("VarNet, beside deepinv", VarNet(6, 8, 2), example, varnet, lambda: varnet(y, physics), image),
        Case("MoDL without its start, beside deepinv", bare, example, modl, lambda: modl(y, physics), image),
        Case("MoDL, beside deepinv", whole, example, modl, lambda: modl(y, physics), image),
        Case("MoDL without its start, beside mrpro", bare, example, mrpro, mrpro, target[None, None]),
    ]


def denoiser() -> DnCNN:
    return DnCNN(2, 2, depth=5, nf=32, pretrained=None)


def our_steps(network: nn.Module, example: Example) -> list[float]:
    """Seconds of each step of `fit`, without the first."""
    clock = Clock()
    fit(network, OneSlice(example), Plan(STEPS, loss=squared, lr=1e-4), watch=clock)
    return [end - start for start, end in zip(clock.ends, clock.ends[1:], strict=True)]


def their_steps(network: nn.Module, run: Callable[[], Tensor], target: Tensor) -> list[float]:
    """Seconds of each step of the same loop written out, without the first."""
    network.train()
    optimizer, ends = torch.optim.Adam(network.parameters(), lr=1e-4), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        squared(run(), target).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        ends.append(time.process_time())
    return [end - start for start, end in itertools.pairwise(ends)]


@torch.no_grad()
def passes(network: nn.Module, run: Callable[[], Tensor]) -> list[float]:
    """Seconds of forward passes, without the first."""
    network.eval()
    seconds = []
    for _ in range(STEPS):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return seconds[1:]


def turns(case: Case) -> list[list[float]]:
    """Median milliseconds of each turn: our forward pass, theirs, our step, theirs. Ours passes as just read from its
    file.
    """
    inputs, read = (
        [array[None] for array in case.example[:3]],
        copy.deepcopy(case.ours),
    )  # `fit` lays its weights out anew
    runs = [
        lambda: passes(read, lambda: read(*inputs)),
        lambda: passes(case.theirs, case.run),
        lambda: our_steps(case.ours, case.example),
        lambda: their_steps(case.theirs, case.run, case.target),
    ]
    milliseconds = [[] for _ in runs]
    for turn in range(TURNS):
        for i in (0, 1, 2, 3) if turn % 2 else (1, 0, 3, 2):  # neither always follows the other
            milliseconds[i].append(1e3 * statistics.median(runs[i]()))
    return milliseconds


def columns(ours: list[float], theirs: list[float]) -> str:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{statistics.median(ours):9.1f}{statistics.median(theirs):9.1f}{ratio:7.2f}"


def main() -> None:
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    print(
        f"{'processor ms on one thread':54}{'forward':>9}{'theirs':>9}{'ratio':>7}{'step':>9}{'theirs':>9}{'ratio':>7}"
    )
    for case in [*(unet_case(*one) for one in UNETS), *unrolled_cases()]:
        forward, their_forward, step, their_step = turns(case)
        print(f"{case.name:54}{columns(forward, their_forward)}{columns(step, their_step)}", flush=True)
    torch.set_num_threads(n_threads)
