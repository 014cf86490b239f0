"""Feedback on K1 to K6, K8 and K9: the stub fails, the solution passes, each typical wrong answer gets its message."""

import numpy as np
import pytest
import torch

from mrtutor import grappa
from mrtutor.checks import (
    check_calibrate,
    check_folded,
    check_hard_dc,
    check_keep,
    check_one_round,
    check_shrink,
    check_true_acceleration,
    check_unfold,
    windows,
)
from mrtutor.encoding import encode, encode_adjoint
from mrtutor.fourier import fft2c, ifft2c
from mrtutor.sampling import equispaced, true_acceleration
from mrtutor.sparsity import keep_largest, soft_threshold


def rolls(image, R, step, axis=-1):
    return torch.stack([image.roll(j * step, axis) for j in range(R)])


def folded(image, R):
    return rolls(image, R, image.shape[-1] // R).mean(0)


def by_transform(image, R, beside=0):
    return ifft2c(equispaced(image.shape[-2:], R, offset=image.shape[-1] // 2 + beside) * fft2c(image))


def by_numpys_transform(image, R):
    lines = np.fft.fftshift(np.fft.fft(np.fft.ifftshift(image.numpy(), axes=-1)), axes=-1)
    kept = lines * equispaced(image.shape[-2:], R).numpy()
    return torch.from_numpy(np.fft.fftshift(np.fft.ifft(np.fft.ifftshift(kept, axes=-1)), axes=-1))


def unfold(pixels, maps, R):
    return R * torch.linalg.solve(maps.mH @ maps, maps.mH @ pixels)


def calibrate(acs, R, first=1, order=None):
    window = windows(acs, R)
    sources = window[..., ::R].flatten(1)
    gaps = [R + first + j for j in range(R - 1)]
    targets = torch.cat([window[:, :, 2, line] for line in (order or gaps)], -1)
    return torch.linalg.lstsq(sources, targets).solution


def clue_among_sources(acs, R):
    window = windows(acs, R)
    targets = torch.cat([window[:, :, 2, line] for line in range(R + 1, 2 * R)], -1)
    return torch.linalg.lstsq(
        window[..., 1::R].flatten(1), targets
    ).solution  # a line too far: the gap itself is a source


def element_by_element(acs, R):
    window = windows(acs, R)
    return torch.linalg.lstsq(window[..., ::R].flatten(1), window[:, :, 2, R + 1 : 2 * R].flatten(1)).solution


def apart(z, lam):
    return torch.complex(*(part.sign() * (part.abs() - lam).clamp_min(0) for part in (z.real, z.imag)))


def hard_dc(image, kspace, mask, maps):
    return torch.where(mask, kspace, fft2c(maps * image))


def one_round(image, kspace, mask, maps, shrink):
    return shrink(image - encode_adjoint(encode(image, mask, maps) - kspace, mask, maps))


def shrunk_too_early(image, kspace, mask, maps, shrink):
    image = shrink(image)
    return image - encode_adjoint(encode(image, mask, maps) - kspace, mask, maps)


def step(image, kspace, mask, maps):
    return encode_adjoint(encode(image, mask, maps) - kspace, mask, maps)


def largest(values, share):
    return values >= values.sort(descending=True).values[round(share * len(values)) - 1]


def counted_twice(mask):
    return 256 / (64 + 24)


SOLUTIONS = [
    (check_true_acceleration, true_acceleration),
    (check_true_acceleration, lambda mask: mask.shape[-1] / int(mask[0, 0].sum())),
    (check_true_acceleration, lambda mask: round(mask.numel() / mask.sum().item(), 2)),
    (check_folded, folded),
    (check_unfold, unfold),
    (check_unfold, lambda p, S, R: torch.linalg.lstsq(S, R * p[:, None]).solution[:, 0]),
    (check_calibrate, calibrate),
    (check_calibrate, grappa.calibrate),
    (check_shrink, soft_threshold),
    (check_hard_dc, hard_dc),
    (check_hard_dc, lambda image, k, mask, maps: k + ~mask * fft2c(maps * image)),
    (check_keep, keep_largest),
    (check_keep, lambda c, share: c * largest(c.abs(), share)),
    (check_one_round, one_round),
]

WRONG = [
    (check_true_acceleration, lambda mask: 4.0, "the protocol's number"),
    (check_true_acceleration, counted_twice, "six reference lines twice"),
    (check_true_acceleration, lambda mask: mask.float().mean(), "share measured. Turn it over"),
    (check_true_acceleration, lambda mask: mask.shape[-1] / mask.sum(), "every point of every line"),
    (check_true_acceleration, lambda mask: mask.numel() / mask[0, 0].sum(), "all points with the lines"),
    (check_true_acceleration, lambda mask: 3.12, "this mask only"),
    (check_true_acceleration, lambda mask: 7.0, "7.00 is not their ratio. Hint: "),
    (check_folded, lambda image, R: rolls(image, R, image.shape[-1] // R).sum(0), "R times too bright"),
    (check_folded, lambda image, R: rolls(image, R, R).mean(0), "W/R apart, not R pixels"),
    (check_folded, lambda image, R: rolls(image, R, image.shape[-1] // R).abs().mean(0), "add as complex numbers"),
    (check_folded, lambda image, R: rolls(image, R, image.shape[-1] // R, -2).mean(0), "wrong direction"),
    (check_folded, lambda image, R: image.roll(image.shape[-1] // R, -1), "one copy moved"),
    (check_folded, lambda image, R: (image + image.roll(image.shape[-1] // R, -1)) / R, "not two"),
    (check_folded, lambda image, R: image * 0, "differs from zero-filling by 100 %. Hint: "),
    (check_folded, lambda image, R: 3.5 * folded(image, R), "by 250 %. Hint: "),
    (check_folded, by_transform, "by a Fourier transform"),
    (check_folded, by_numpys_transform, "by a Fourier transform"),
    (check_folded, lambda image, R: by_transform(image, R, 1), "starts beside the centre line"),
    (check_folded, lambda image, R: by_transform(image, R, -1), "starts before the centre line"),
    (check_folded, lambda image, R: image.roll, "its brackets () are missing"),
    (check_true_acceleration, lambda mask: mask.numel, "its brackets () are missing"),
    (check_true_acceleration, lambda mask: mask.float().max(-1), "wanted is its `.values`"),
    (check_folded, lambda image, R: image[..., ::R], r"got shape (1, 10, 8)"),
    (check_unfold, lambda p, S, R: unfold(p, S.abs().to(S.dtype), R), "lost phase"),
    (check_unfold, lambda p, S, R: R * torch.linalg.solve(S.mT @ S, S.mH @ p), "should cancel"),
    (check_unfold, lambda p, S, R: R * torch.linalg.solve(S.mH @ S, S.mT @ p), "should cancel"),
    (check_unfold, lambda p, S, R: R * torch.linalg.solve(S.mT @ S, S.mT @ p), "Right answer, wrong price"),
    (check_unfold, lambda p, S, R: unfold(p, S, R) / R, "undo it once"),
    (check_unfold, lambda p, S, R: unfold(p, S, R) * R, "1/R twice"),
    (check_unfold, lambda p, S, R: torch.linalg.solve(S[:R], R * p[:R]), "wrong price"),
    (check_unfold, lambda p, S, R: p[:R], "yours are off by"),
    (check_calibrate, lambda acs, R: calibrate(acs, R, first=0), "the answer as a clue"),
    (check_calibrate, lambda acs, R: calibrate(acs, R, first=2), "the answer as a clue"),
    (check_calibrate, clue_among_sources, "the answer as a clue"),
    (check_calibrate, lambda acs, R: calibrate(acs, R, order=[5, 4]), "went into the other gap"),
    (check_calibrate, element_by_element, "their order is not"),
    (check_calibrate, lambda acs, R: 0 * calibrate(acs, R), "k-space is off by"),
    (check_calibrate, lambda acs, R: calibrate(acs, R).T, "must return shape (160, 16)"),
    (check_shrink, apart, "turned the phase"),
    (check_shrink, lambda z, lam: z * (z.abs() > lam), "hard threshold"),
    (check_shrink, lambda z, lam: z / z.abs() * (z.abs() - lam).clamp_min(0), "0/0"),
    (check_shrink, lambda z, lam: z / z.abs().clamp_min(1e-9) * (z.abs() - lam), "opposite sign"),
    (check_shrink, lambda z, lam: (z.abs() - lam).clamp_min(0), "Give each value its phase back"),
    (check_shrink, lambda z, lam: soft_threshold(z, 1.0), "wrong for others"),
    (check_shrink, lambda z, lam: 2 * z, "yours is 6.0+8.0j"),
    (check_hard_dc, lambda image, k, mask, maps: torch.where(mask, fft2c(maps * image), k), "zeros where you did not"),
    (check_hard_dc, lambda image, k, mask, maps: fft2c(maps * image) + mask * k, "replace, do not add"),
    (check_hard_dc, lambda image, k, mask, maps: torch.where(mask, k, fft2c(image)), "Multiply by the maps first"),
    (check_hard_dc, lambda image, k, mask, maps: fft2c(image), "Multiply by the maps first"),
    (check_hard_dc, lambda *a: (a[3].conj() * ifft2c(hard_dc(*a))).sum(0, keepdim=True), "half of the promise is lost"),
    (check_hard_dc, lambda image, k, mask, maps: fft2c(maps * image), "Nothing was put back"),
    (check_hard_dc, lambda image, k, mask, maps: k, "are empty"),
    (check_hard_dc, lambda image, k, mask, maps: k * 2, "off by 100 %"),
    (check_keep, lambda c, share: c * ~largest(c.abs(), 1 - share), "kept the smallest"),
    (check_keep, lambda c, share: c * ~largest(c.abs(), share), "threw away"),
    (check_keep, lambda c, share: c * largest(c.real, share), "Compare magnitudes"),
    (check_keep, lambda c, share: c * (c.abs() > share * c.abs().max()), "above a share of the largest"),
    (check_keep, lambda c, share: c * (c.abs() > (1 - share) * c.abs().max()), "above so much of the largest"),
    (
        check_keep,
        lambda c, share: c * (c.abs() > c.abs().sort(descending=True).values[round(share * len(c)) - 1]),
        "the last is missing",
    ),
    (
        check_keep,
        lambda c, share: soft_threshold(c, c.abs().sort(descending=True).values[round(share * len(c)) - 1]),
        "only K5 shrinks",
    ),
    (
        check_keep,
        lambda c, share: torch.cat([c[: round(share * len(c))], 0 * c[round(share * len(c)) :]]),
        "Sort by magnitude",
    ),
    (check_keep, lambda c, share: c.abs() * largest(c.abs(), share), "Keep the complex value"),
    (check_keep, lambda c, share: 2 * c, "yours leaves 40"),
    (check_keep, lambda c, share: c * largest(c.abs(), 0.1), "20 of the 40"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(i + step(i, k, m, S)), "away from the measurement"),
    (check_one_round, lambda i, k, m, S, shrink: i - step(i, k, m, S), "Corrected, not shrunk"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(i), "Shrunk, not corrected"),
    (check_one_round, shrunk_too_early, "Other way round"),
    (
        check_one_round,
        lambda i, k, m, S, shrink: one_round(i, k, torch.ones_like(m), S, shrink),
        "only where the mask is true",
    ),
    (check_one_round, lambda i, k, m, S, shrink: i - shrink(step(i, k, m, S)), "not the correction"),
    (check_one_round, lambda i, k, m, S, shrink: shrink(encode_adjoint(k, m, S)), "starts anew"),
    (check_one_round, lambda i, k, m, S, shrink: encode(i, m, S) - k, "One image is wanted"),
    (check_one_round, lambda i, k, m, S, shrink: 0 * i, "Not one round yet"),
]

CHECKS = [
    check_true_acceleration,
    check_folded,
    check_unfold,
    check_calibrate,
    check_shrink,
    check_hard_dc,
    check_keep,
    check_one_round,
]


@pytest.mark.parametrize(("check", "solution"), SOLUTIONS)
def test_solutions_pass(check, solution, capsys):
    assert check(solution) is True
    said = capsys.readouterr().out
    assert said.startswith("Right. ") and said.count("\n") == 1


@pytest.mark.parametrize(("check", "wrong", "words"), WRONG)
def test_wrong_answers_get_their_message(check, wrong, words, capsys):
    assert check(wrong) is False
    said = capsys.readouterr().out
    assert said.startswith("Not yet. ") and words in said and said.count("\n") == 1


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("stub", [lambda *a: None, lambda *a: ...])
def test_stubs_fail_kindly(check, stub, capsys):
    assert check(stub) is False
    assert "not yet written" in capsys.readouterr().out


def broken(*arguments):
    wanted = arguments[0]
    return wanted @ "nonsense"


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (broken, 'stopped in line 3 (`return wanted @ "nonsense"`). Python says: TypeError'),
        (lambda: 1, "Python says: TypeError"),
        (lambda *a: "text", "must return a tensor"),
        (lambda *a: torch.zeros(7, 7), "must return"),
        (print, "not yet written"),
        (lambda *a: float("nan"), "Not yet."),
        (lambda *a: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_whatever_the_function_does_is_one_sentence(check, function, words, capsys):
    assert check(function) is False
    said = capsys.readouterr()
    assert words in said.out and "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    ("put_back", "words"),
    [
        (lambda estimate, kspace, mask: torch.where(mask, kspace, estimate), "Right."),
        (lambda estimate, kspace, mask: estimate, "replaced data with predictions"),
        (lambda estimate, kspace, mask: estimate + kspace, "replace, do not add"),
        (lambda estimate, kspace, mask: mask * estimate, "zeros where you did not"),
        (lambda estimate, kspace, mask: kspace, "still empty"),
        (lambda estimate, kspace, mask: 2 * estimate, "as measured"),
        (lambda estimate, kspace, mask: None, "not yet written"),
    ],
)
def test_measured_lines_are_put_back(put_back, words, capsys):
    assert check_calibrate(calibrate, put_back) is words.startswith("Right")
    assert words in capsys.readouterr().out


def test_the_learners_function_cannot_spoil_the_check_or_the_global_seed():
    def rude(image, kspace, mask, maps):
        answer = hard_dc(image, kspace, mask, maps)
        for argument in (image, kspace, mask, maps):
            argument.zero_()
        return answer

    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    assert check_hard_dc(rude) and check_shrink(soft_threshold) and check_calibrate(calibrate)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_learners_five_lines_agree_with_the_package():
    generator = torch.Generator().manual_seed(0)
    acs = torch.randn(3, 40, 24, dtype=torch.complex64, generator=generator)
    torch.testing.assert_close(calibrate(acs, 3), grappa.calibrate(acs, 3, lam=0.0), rtol=1e-3, atol=1e-4)
