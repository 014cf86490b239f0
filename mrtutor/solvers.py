"""Three textbook algorithms over plain functions: they know nothing of MRI."""

from collections.abc import Callable

import torch
from torch import Tensor

from .border import whole_number

Operator = Callable[[Tensor], Tensor]


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Re <a, b> of each batch item, kept as (*b, 1, 1, 1): complex images are treated as real vectors."""
    return (a.conj() * b).real.sum((-3, -2, -1), keepdim=True)


def cg(A: Operator, b: Tensor, n_iter: int, x0: Tensor | None = None, callback: Callable | None = None) -> Tensor:
    """Solve A x = b by conjugate gradients, A Hermitian and positive semi-definite [Hestenes1952].

    b, x: (*b, 1, y, x) complex. `callback(i, x)` is called after each iteration.
    """
    whole_number("n_iter", n_iter, 0)
    tiny = torch.finfo(torch.float32).tiny
    x = torch.zeros_like(b) if x0 is None else x0
    r = b if x0 is None else b - A(x)
    p, rr = r, dot(r, r)
    for i in range(n_iter):
        Ap = A(p)
        alpha = rr / dot(p, Ap).clamp_min(tiny)  # exact convergence is 0/0
        x, r = x + alpha * p, r - alpha * Ap
        rr_old, rr = rr, dot(r, r)
        p = r + rr / rr_old.clamp_min(tiny) * p
        if callback is not None:
            callback(i, x)
    return x


def fista(
    gradient: Operator,
    prox: Callable[[Tensor, float], Tensor],
    x0: Tensor,
    step: float,
    n_iter: int,
    callback: Callable | None = None,
) -> Tensor:
    """argmin_x f(x) + g(x), from grad f and prox_{t g}, by accelerated proximal gradient [Beck2009].

    `step` is at most 1 / L, with L the Lipschitz constant of grad f. `callback(i, x)` as in `cg`.
    """
    whole_number("n_iter", n_iter, 0)
    x, z, t = x0, x0, 1.0
    for i in range(n_iter):
        x_old, x = x, prox(z - step * gradient(z), step)
        t_old, t = t, (1 + (1 + 4 * t * t) ** 0.5) / 2
        z = x + (t_old - 1) / t * (x - x_old)
        if callback is not None:
            callback(i, x)
    return x


def primal_dual(
    gradient: Operator,
    D: Operator,
    D_adjoint: Operator,
    prox_dual: Callable[[Tensor], Tensor],
    x0: Tensor,
    tau: float,
    sigma: float,
    n_iter: int,
    callback: Callable | None = None,
) -> Tensor:
    """argmin_x f(x) + h(D x), from grad f, D and prox of h's conjugate [Condat2013, Vu2013].

    Converges when 1 / tau - sigma |D|^2 >= L / 2, with L the Lipschitz constant of grad f.
    """
    whole_number("n_iter", n_iter, 0)
    x, u = x0, torch.zeros_like(D(x0))
    for i in range(n_iter):
        x_old, x = x, x - tau * (gradient(x) + D_adjoint(u))
        u = prox_dual(u + sigma * D(2 * x - x_old))
        if callback is not None:
            callback(i, x)
    return x


def power_iteration(A: Operator, x0: Tensor, n_iter: int = 30) -> Tensor:
    """Largest eigenvalue of a Hermitian A, per batch item (*b, 1, 1, 1): how much A can amplify an image."""
    whole_number("n_iter", n_iter, 1)
    x = x0
    for _ in range(n_iter):
        x = x / dot(x, x).sqrt().clamp_min(torch.finfo(torch.float32).tiny)
        Ax = A(x)
        eigenvalue, x = dot(x, Ax), Ax
    return eigenvalue
