import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mrtutor.encoding import complex_normal
from mrtutor.solvers import cg, fista, power_iteration, primal_dual
from mrtutor.sparsity import soft_threshold


def hermitian(n, seed):
    g = torch.Generator().manual_seed(seed)
    M = complex_normal((n, n), g).to(torch.complex128)
    return M @ M.mH + torch.eye(n), complex_normal((1, n, 1), g).to(torch.complex128)


@given(st.integers(1, 8), st.integers(0, 20))
def test_cg_solves_n_equations_in_n_steps(n, seed):
    A, b = hermitian(n, seed)
    x = cg(lambda v: A @ v, b, n_iter=n)
    torch.testing.assert_close(A @ x, b, rtol=1e-4, atol=1e-6)


def test_cg_survives_exact_convergence_and_zero_data():
    b = torch.ones(2, 1, 5, 5, dtype=torch.complex64)
    torch.testing.assert_close(cg(lambda x: x, b, 60), b)
    zero = cg(lambda x: x, torch.zeros_like(b), 60)
    assert torch.equal(zero, torch.zeros_like(b))


def test_cg_treats_batch_items_apart():
    A, b = hermitian(6, 1)
    both = torch.stack([b, 1000 * b])
    x = cg(lambda v: A @ v, both, 3)
    torch.testing.assert_close(x[1], 1000 * x[0], rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(x[0], cg(lambda v: A @ v, b, 3))


def test_power_iteration_finds_the_largest_eigenvalue():
    A, b = hermitian(6, 2)
    torch.testing.assert_close(float(power_iteration(lambda v: A @ v, b, 200)), float(torch.linalg.eigvalsh(A)[-1]))


def test_fista_and_primal_dual_meet_the_closed_form():
    z = complex_normal((1, 9, 9), torch.Generator().manual_seed(3))
    expected = soft_threshold(z, 0.7)  # argmin |x - z|^2 / 2 + 0.7 |x|
    torch.testing.assert_close(
        fista(lambda x: x - z, lambda x, t: soft_threshold(x, 0.7 * t), torch.zeros_like(z), 1.0, 30), expected
    )
    ball = lambda u: u / (u.abs() / 0.7).clamp_min(1)
    x = primal_dual(lambda x: x - z, lambda x: x, lambda u: u, ball, torch.zeros_like(z), 0.5, 1.0, 300)
    torch.testing.assert_close(x, expected, rtol=1e-3, atol=1e-4)


def test_iterations_out_of_range():
    b = torch.ones(1, 2, 2, dtype=torch.complex64)
    same = lambda x: x
    assert not bool(cg(same, b, 0).any())
    for solve in (
        lambda n: cg(same, b, n),
        lambda n: fista(same, lambda x, t: x, b, 1.0, n),
        lambda n: primal_dual(same, same, same, same, b, 0.5, 0.2, n),
        lambda n: power_iteration(same, b, n),
    ):
        with pytest.raises(ValueError, match="n_iter must be a whole number of"):
            solve(-1)
    with pytest.raises(ValueError, match="n_iter must be a whole number of 1 or more, got 0"):
        power_iteration(same, b, 0)
