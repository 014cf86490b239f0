"""Data consistency: its limits, its formula, its implicit gradient; and the normal operator behind it."""

import pytest
import torch
from helpers.networks import example

from mrtutor.coils import birdcage_maps
from mrtutor.encoding import complex_normal, encode, encode_adjoint, normal
from mrtutor.fourier import fft2c
from mrtutor.networks.consistency import Proximal, SolveNormal, coil_dc, hard_dc, soft_dc
from mrtutor.sampling import poisson_disc, uniform_random
from mrtutor.solvers import cg


def pair():
    g = torch.Generator().manual_seed(3)
    return complex_normal((2, 3, 12, 10), g), complex_normal((2, 3, 12, 10), g), uniform_random((12, 10), 2, 2, g)


def test_hard_dc_is_exact_on_measured_samples_and_only_there():
    k, k0, mask = pair()
    q, there = hard_dc(k, k0, mask), mask.expand_as(k)
    assert torch.equal(q[there], k0[there]) and torch.equal(q[~there], k[~there])


def test_soft_dc_between_its_limits():
    k, k0, mask = pair()
    there = mask.expand_as(k)
    assert torch.equal(soft_dc(k, k0, mask, 0.0), k)
    torch.testing.assert_close(soft_dc(k, k0, mask, 1e7), hard_dc(k, k0, mask))
    torch.testing.assert_close(soft_dc(k, k0, mask, 3.0)[there], (k + 3 * k0)[there] / 4)
    q = soft_dc(k, k0, mask, 0.7).requires_grad_()  # the minimum of |q - k|^2 + lam |M q - k0|^2
    ((q - k).abs().square().sum() + 0.7 * (mask * (q - k0)).abs().square().sum()).backward()
    assert float(q.grad.abs().max()) < 1e-5


def test_coil_dc_with_one_coil_is_dc_in_kspace():
    kspace, mask, maps, image = (a[None] for a in example((16, 15), 1))
    z = image + 0.1
    torch.testing.assert_close(mask * fft2c(coil_dc(z, kspace, mask, maps)), mask * kspace, rtol=0, atol=1e-5)
    torch.testing.assert_close(
        fft2c(coil_dc(z, kspace, mask, maps, 2.0)), soft_dc(fft2c(z), kspace, mask, 2.0), rtol=0, atol=1e-5
    )
    torch.testing.assert_close(coil_dc(z, kspace, mask, maps, 0.0), z, rtol=0, atol=1e-5)


def test_coil_dc_is_a_step_towards_the_data_and_keeps_pixels_without_coils():
    kspace, mask, maps, image = (a[None] for a in example((16, 16), 4, noise=0))
    hole = torch.zeros(16, 16, dtype=torch.bool)
    hole[:2] = True
    maps = ~hole * maps
    kspace = encode(image, mask, maps)
    z = image + 0.1
    x = coil_dc(z, kspace, mask, maps)
    misfit = lambda v: float((encode(v, mask, maps) - kspace).abs().square().sum())
    assert misfit(x) < 0.5 * misfit(z)
    torch.testing.assert_close(x[..., hole], z[..., hole])


def problem(dtype=torch.complex64, shape=(6, 5)):
    g = torch.Generator().manual_seed(4)
    maps, mask = birdcage_maps(shape, 3)[None].to(dtype), uniform_random(shape, 2, 1, g)[None]
    kspace, z = (complex_normal(s, g).to(dtype) for s in ((1, 3, *shape), (1, 1, *shape)))
    return mask * kspace, mask, maps, z


def test_proximal_solves_the_dense_system():
    kspace, mask, maps, z = problem()
    fit = Proximal(kspace, mask, maps, 60)
    n = z.numel()
    EhE = torch.stack([fit.EhE(e.reshape(z.shape)).flatten() for e in torch.eye(n, dtype=z.dtype)], 1)
    for lam in (0.3, 5.0):
        expected = torch.linalg.solve(EhE + torch.eye(n) / lam, fit.Ehy.flatten() + z.flatten() / lam)
        torch.testing.assert_close(fit(z, torch.tensor(lam)).flatten(), expected, rtol=1e-3, atol=1e-4)


def test_proximal_between_its_limits():
    kspace, mask, maps, image = (a[None] for a in example((16, 16), 1))
    z = image + 0.1
    fit = Proximal(kspace, mask, maps, 10)
    torch.testing.assert_close(fit(z, torch.tensor(1e-6)), z, rtol=0, atol=1e-4)
    torch.testing.assert_close(fit(z, torch.tensor(1e3)), coil_dc(z, kspace, mask, maps), rtol=0, atol=2e-3)
    torch.testing.assert_close(fit(z, torch.tensor(2.0)), coil_dc(z, kspace, mask, maps, 2.0), rtol=0, atol=1e-4)


def test_implicit_gradient_is_that_of_the_unrolled_solver():
    _, mask, maps, b = problem(torch.complex128)
    EhE, weights = normal(mask, maps), complex_normal(b.shape, torch.Generator().manual_seed(5))

    def gradients(solve):
        inputs = b.clone().requires_grad_(), torch.full((1, 1, 1, 1), 0.4, dtype=torch.float64, requires_grad=True)
        (solve(*inputs) * weights).abs().square().sum().backward()
        return [v.grad for v in inputs]

    implicit = gradients(lambda b, mu: SolveNormal.apply(b, mu, EhE, 40))
    unrolled = gradients(lambda b, mu: cg(lambda v: EhE(v) + mu * v, b, 12))
    for ours, theirs in zip(implicit, unrolled, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-8)


def test_implicit_gradient_is_that_of_finite_differences():
    _, mask, maps, b = problem(torch.complex128, (3, 2))
    EhE, mu = normal(mask, maps), torch.full((1, 1, 1, 1), 0.4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b, mu: SolveNormal.apply(b, mu, EhE, 8), (b.requires_grad_(), mu))


@pytest.mark.parametrize("pattern", ["lines", "points", "lines along x", "one of each", "lines but in the last row"])
def test_normal_is_adjoint_after_encode_for_lines_and_points(pattern, generator):
    shape = (14, 17)
    lines, points = uniform_random(shape, 2, 2, generator), poisson_disc(shape, 2, 4, generator)
    almost = lines.clone()
    almost[0, -1] ^= True
    mask = {
        "lines": lines,
        "lines but in the last row": almost,
        "points": points,
        "lines along x": uniform_random(shape[::-1], 2, 2, generator).mT.contiguous(),
        "one of each": torch.stack([lines, points]),
    }[pattern]
    maps, x = birdcage_maps(shape, 3, rotation=0.3), complex_normal((2, 1, *shape), generator)
    torch.testing.assert_close(
        normal(mask, maps)(x), encode_adjoint(encode(x, mask, maps), mask, maps), rtol=1e-4, atol=1e-5
    )
