"""In front of a class: a small unrolled network is trained until it passes tuned compressed sensing, in a minute on two
cores.
"""

import gc
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import nn

from ..encoding import encode_adjoint
from ..patients import patient
from ..sampling import default_n_acs, variable_density
from ..scan import Scan, acquire
from ..show import watch
from ..sparsity import wavelet_cs
from ..types import Mask
from .evaluate import evaluate
from .live import LivePlot
from .logbook import History
from .loop import fit
from .losses import LOSSES
from .plan import Plan
from .recipe import Recipe, recipe
from .stream import Stream, generator

N_HELD_OUT = 8
LAMS, N_ITERS = (7e-4, 1e-3, 2e-3, 3e-3, 5e-3), (40, 100)


def train(plan: Recipe | None = None, every: int = 20, watch: Callable | None = None) -> tuple[nn.Module, History]:
    """Train the recipe `classroom`, or another `plan`, with a picture that follows; returns the network and its
    history.

    The history holds "PSNR", the mean over slices of patients who are not trained on. `watch` in place of the picture.
    """
    plan = recipe("classroom") if plan is None else plan
    network, unseen = plan.build(), held_out(plan.examples())
    threads = torch.get_num_threads()
    torch.set_num_threads(
        1
    )  # so small a network gains nothing from a second one, and waits for it where another program is at work
    try:
        watch = watch or LivePlot(network, plan.steps, *slice_to_show(), lines(unseen, network))
        workers = 1 if (os.cpu_count() or 1) > 1 else 0
        history = fit(
            network,
            plan.examples(),
            Plan(plan.steps, plan.batch, LOSSES[plan.loss], plan.lr, every=min(every, plan.steps), workers=workers),
            validate=lambda net: {"PSNR": psnr(net, unseen)},
            watch=watch,
        )
    finally:
        torch.set_num_threads(threads)
        gc.collect()  # the live plot's closed pictures, megabytes each, go now
    return network, history


def held_out(stream: Stream) -> Stream:
    """The same kind of scan, of other people."""
    return replace(stream, seed=900, split="val", reuse=1)


def psnr(method: Callable, stream: Stream) -> float:
    """Mean PSNR inside the foreground over the first slices of a stream, in dB."""
    return evaluate(method, stream, range(N_HELD_OUT))["PSNR"]


def lines(stream: Stream, network: nn.Module) -> dict[str, float]:
    """What there is to pass, in dB on the same slices: zero-filling, the network before training, compressed sensing at
    its best.

    CS is tried with each lam of LAMS and each number of iterations of N_ITERS, and the best mean counts.
    """
    settings = watch([(lam, n_iter) for lam in LAMS for n_iter in N_ITERS], "tuning compressed sensing")
    best = max(psnr(partial(wavelet_cs, lam=lam, n_iter=n_iter), stream) for lam, n_iter in settings)
    return {
        "Zero-filled": psnr(encode_adjoint, stream),
        "Untrained network": psnr(network.eval(), stream),
        "Tuned CS": best,
    }


def slice_to_show(seed: int = 901) -> tuple[Scan, Mask]:
    """An upright slice of a patient who is not trained on, scanned as in the recipe, and the mask of R = 4."""
    scan = acquire(patient(seed, "T2", level=18.0, split="val", fill=0.95), n_coils=8, size=96, noise=0.03, seed=seed)
    return scan, variable_density((96, 96), 4, default_n_acs(4, 96), generator(seed))
