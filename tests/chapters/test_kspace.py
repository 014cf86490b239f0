"""Chapter 1: its claims hold on its own slice, and each turns red when what it rests on is broken."""

import pytest
import torch
from helpers.chapters import header, solutions, stubs
from helpers.real import real_kspace

from mrtutor import checks, coils, fourier, metrics, sampling
from mrtutor.claims import record
from mrtutor.experiments.kspace import claims, extent, folding, limits, questions, scenes, slices


@pytest.fixture(scope="module")
def image():
    return slices.case().image


@pytest.fixture(scope="module")
def real_image():
    kspace = real_kspace("brain_pulseq_16ch.h5")
    return coils.combine(fourier.ifft2c(kspace), coils.low_resolution_maps(kspace))


def broken_equispaced(shape, acceleration, n_acs=0, offset=None):
    """Spacing wrong by one line now and then: the grid is no longer regular."""
    mask = sampling_equispaced(shape, acceleration, n_acs, offset)
    mask[..., 0] = True
    mask[..., 1::acceleration] |= acceleration > 1
    return mask


sampling_equispaced = sampling.equispaced


# C01 ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("acceleration", [2, 3, 4])
def test_c01_copies_lie_at_multiples_of_fov_over_r(image, acceleration):
    found = claims.copies(image, acceleration)
    assert found["holds"] and len(found["positions"]) == acceleration
    assert found["height"] == pytest.approx(1 / acceleration, abs=1e-5)
    assert found["copy"] > 0.3 > 0.01 > found["copy_centre"] and found["copy_full"] < 1e-5


def test_c01_turns_red_when_the_grid_is_irregular(image, monkeypatch):
    monkeypatch.setattr(sampling, "equispaced", broken_equispaced)
    assert not claims.copies(image, 4)["holds"]


def test_c01_turns_red_when_the_transform_forgets_its_centre(image, monkeypatch):
    monkeypatch.setattr(fourier, "ifft2c", lambda k: torch.fft.ifft2(k, norm="ortho"))
    assert not claims.copies(image, 2)["holds"]


# C02 ---------------------------------------------------------------------------------------------------------------
def test_c02_nothing_folds_down_to_the_width_of_the_head(image, real_image):
    for picture in (image, real_image):
        found = claims.nyquist(picture)
        assert found["holds"] and found["enough"] < 1e-8 < 1e-3 < found["short"]


def test_c02_prescribing_the_whole_field_is_the_plain_transform(image):
    torch.testing.assert_close(folding.prescribe(image, image.shape[-1]), image, atol=1e-4, rtol=1e-4)


def test_c02_turns_red_when_the_head_is_measured_too_narrow(image, monkeypatch):
    whole = folding.object_only
    monkeypatch.setattr(claims, "object_only", lambda picture: (whole(picture)[0], whole(picture)[1] - 8))
    assert not claims.nyquist(image)["holds"]


def test_c02_turns_red_when_the_transform_forgets_its_centre(image, monkeypatch):
    monkeypatch.setattr(fourier, "ifft2c", lambda k: torch.fft.ifft2(k, norm="ortho"))
    assert not claims.nyquist(image)["holds"]


# C03 ---------------------------------------------------------------------------------------------------------------
def test_c03_a_quarter_only_without_reference_lines():
    assert claims.count(256, 4)["holds"] and claims.count(256, 4)["share"] == 0.25
    long, short = claims.count(256, 4, 24), claims.count(128, 4, 24)
    assert (long["lines"], short["lines"]) == (82, 50)
    assert long["true"] == pytest.approx(3.12, abs=0.005) and short["true"] == pytest.approx(2.56)
    assert not long["holds"] and not short["holds"]
    parts = {"without calibration lines": claims.count(256, 4)["holds"], "with calibration lines": long["holds"]}
    assert not record("C03", parts, "counted")["red"]


def test_c03_turns_red_when_the_spacing_is_wrong(monkeypatch):
    monkeypatch.setattr(
        sampling, "equispaced", lambda shape, R, n_acs=0, offset=None: sampling_equispaced(shape, R + 1, n_acs, offset)
    )
    assert record("C03", {"without calibration lines": claims.count(256, 4)["holds"]}, "counted")["red"]


def test_c03_turns_red_when_calibration_lines_are_forgotten(monkeypatch):
    monkeypatch.setattr(sampling, "equispaced", lambda shape, R, n_acs=0, offset=None: sampling_equispaced(shape, R))
    assert record("C03", {"with calibration lines": claims.count(256, 4, 24)["holds"]}, "counted")["red"]


# C70 ---------------------------------------------------------------------------------------------------------------
def test_c70_centre_holds_contrast_and_edge_detail(image, real_image):
    for picture in (image, real_image):
        found = extent.centre_and_edge(picture)
        assert found["holds"] and found["share"] < 0.02
        assert found["centre"]["contrast"] > 0.8


def test_c70_turns_red_when_kspace_is_not_centred(image, monkeypatch):
    right = fourier.fft2c, fourier.ifft2c
    monkeypatch.setattr(fourier, "fft2c", lambda x: torch.fft.fftshift(right[0](x), dim=(-2, -1)))
    monkeypatch.setattr(fourier, "ifft2c", lambda k: right[1](torch.fft.ifftshift(k, dim=(-2, -1))))
    assert not extent.centre_and_edge(image)["holds"]


# C104 --------------------------------------------------------------------------------------------------------------
def test_c104_lines_chosen_by_one_who_knows_the_picture_are_best(image, real_image):
    for picture in (image, real_image):
        found = extent.best_lines(picture, n_draws=3)
        assert found["holds"] and len({row["lines"] for row in found["rows"].values()}) == 1
        assert found["oracle"] < found["rows"]["variable density"]["nmse"] < found["rows"]["equispaced"]["nmse"]


def test_c104_greedy_is_the_best_choice_of_lines(generator):
    """By trying every set of 3 lines out of 8."""
    from itertools import combinations

    picture = torch.randn(1, 6, 8, generator=generator, dtype=torch.complex64)

    def error(lines):
        mask = torch.zeros(1, 6, 8, dtype=torch.bool)
        mask[..., list(lines)] = True
        return float((folding.zero_filled(picture, mask) - picture).abs().square().sum())

    greedy = extent.oracle_lines(picture, 3)[0, 0].nonzero().flatten().tolist()
    assert error(greedy) == pytest.approx(min(error(lines) for lines in combinations(range(8), 3)), rel=1e-5)


def test_c104_turns_red_when_the_oracle_takes_the_weakest_lines(image, monkeypatch):
    monkeypatch.setattr(extent, "oracle_lines", lambda picture, n: ~best(picture, picture.shape[-1] - n))
    assert not extent.best_lines(image, n_draws=2)["holds"]


best = extent.oracle_lines


# Where it fails ----------------------------------------------------------------------------------------------------
def test_random_lines_smear_and_are_no_better_than_regular_ones(image):
    rows = limits.smears(image, n_draws=10)
    assert {round(row["measured"], 1) for row in rows.values()} <= {0.2, 0.3} and rows["random lines"][
        "measured"
    ] == 0.25
    assert rows["regular lines"]["measured"] == pytest.approx(0.25, abs=0.02)
    assert rows["random lines"]["error"] == pytest.approx(rows["regular lines"]["error"], rel=0.3)
    assert rows["denser centre"]["error"] < rows["random lines"]["error"] < rows["no centre"]["error"]
    assert rows["random points"]["error"] < rows["random lines"]["error"]


def test_smoothness_of_noise_is_zero(generator):
    assert max(abs(value) for value in limits.smoothness(torch.randn(1, 128, 128, generator=generator))) < 0.03
    assert min(limits.smoothness(torch.outer(torch.arange(64.0), torch.arange(64.0))[None])) > 0.9


def test_one_lost_line_is_seen_only_at_the_centre(image):
    lost = limits.lost_lines(image)
    centre = len(lost) // 2
    assert abs(int(lost.argmax()) - centre) <= 1 and lost.max() > 0.1
    assert torch.cat([lost[: centre - 4], lost[centre + 5 :]]).max() < 0.01
    mask = torch.ones(1, *image.shape[-2:], dtype=torch.bool)
    mask[..., 70] = False
    assert float(lost[70]) == pytest.approx(metrics.nmse(folding.zero_filled(image, mask), image), rel=1e-3)


@pytest.mark.parametrize("shape", [(16, 16), (15, 12), (9, 9)])
def test_the_mirror_gives_a_real_object_back(shape, generator):
    real = torch.rand(1, *shape, generator=generator).to(torch.complex64)
    kspace = fourier.fft2c(real)
    mask = sampling.partial_fourier(shape, 0.7)
    mask[..., 0] = True  # the outermost line of an even matrix is its own mirror image
    torch.testing.assert_close(limits.mirror_fill(mask * kspace, mask), kspace, atol=1e-5, rtol=1e-4)


def test_half_of_kspace_is_free_only_without_phase(image, real_image):
    for picture in (image, real_image):
        found = limits.half_of_kspace(picture)
        assert found["no phase"]["mirror"] < 1e-3 < 0.01 < found["phase"]["mirror"]


def test_gibbs_overshoot_keeps_its_height(generator):
    low, high = limits.overshoot(64), limits.overshoot(256)
    assert low["height"] == pytest.approx(0.0895, abs=0.002) and high["height"] == pytest.approx(
        low["height"], abs=0.002
    )
    assert low["distance"] == pytest.approx(1, abs=0.1) and high["distance"] == pytest.approx(
        1, abs=0.1
    )  # voxels, so closer in mm


def test_scan_time_counts_whole_echo_trains():
    assert (
        limits.scan_seconds(256) == 64 and limits.scan_seconds(256, 2, 24) == 36 and limits.scan_seconds(256, 2) == 32
    )
    trip = limits.visit(2.0)
    assert trip["scan"] == 0.5 and trip["room"] == pytest.approx(10 / 35)


# The slice and its places ------------------------------------------------------------------------------------------
def test_the_slice_is_what_the_chapter_needs(image):
    two, three = folding.piled_up(image, 2), folding.piled_up(image, 3)
    assert two["width"] == pytest.approx(0.8, abs=0.04), "the head fills 80 % of the field along phase encoding"
    assert two["midline"] < 0.02 < 0.3 < three["midline"], "at 2 the midline's partner is air, at 3 it is head"
    case = slices.case()
    assert case.kspace.shape[0] == 1 and int(case.lesion.sum()) > 10
    magnitude = image.abs()
    assert magnitude[case.lesion].mean() > 1.25 * magnitude[metrics.foreground(image)[None]].median(), (
        "the plaque is bright"
    )


@pytest.mark.parametrize("turn", ["as is", "transpose", "rotate 90", "flip x"])
def test_copies_are_marked_where_the_picture_shows_them(turn):
    case = slices.case().turned(turn)
    spot = slices.landmark(case).to(torch.complex64)  # the plaque alone, everything else air
    for acceleration in (2, 3):
        shown = case.stand_up(folding.zero_filled(spot, sampling.equispaced(spot.shape[-2:], acceleration)).abs())[0]
        n_y, n_x = shown.shape
        places = slices.copies_of(case, acceleration)
        assert len(set(places)) == acceleration
        for x, y in places:
            assert float(shown[int(y * n_y), int(x * n_x)]) == pytest.approx(1 / acceleration, abs=0.01)
        assert len({x for x, _ in places}) == (1 if case.phase_encoding == "vertical" else acceleration)


# Exercises ---------------------------------------------------------------------------------------------------------
def test_solutions_pass_and_stubs_do_not():
    solved = solutions("01_kspace")
    for name in ("zero_filled", "true_acceleration", "folded"):
        check = getattr(checks, f"check_{name}")
        assert check(solved[name])
        names: dict = {}
        exec(stubs("01_kspace")[name], names)
        assert not check(names[name])


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda k, m: fourier.ifft2c(k), "never measured"),
        (lambda k, m: fourier.ifft2c(~m * k), "left out"),
        (lambda k, m: fourier.fft2c(m * k), "Wrong way"),
        (lambda k, m: fourier.ifft2c(m * k).abs(), "phase"),
        (lambda k, m: torch.fft.ifft2(m * k, norm="ortho"), "centre in the middle"),
    ],
)
def test_each_wrong_zero_filling_gets_its_message(wrong, message, capsys):
    assert not checks.check_zero_filled(wrong)
    assert message in capsys.readouterr().out


# The reading track --------------------------------------------------------------------------------------------------
def near(places: list[dict], place: tuple[float, float]) -> list[str]:
    """What is said to who clicks there, the first match first."""
    return [p["message"] for p in places if abs(p["x"] - place[0]) < 0.01 and abs(p["y"] - place[1]) < 0.01]


@pytest.mark.parametrize("turn", ["as is", "transpose"])
def test_the_gate_knows_the_copy_the_mirror_and_the_wrong_direction(turn):
    case = slices.case().turned(turn)
    told = header(questions.gate(case, scenes.every_second(case)))
    (x, y), click = slices.copies_of(case, 1)[0], told["click"]
    along = (lambda s: ((x + s) % 1, y)) if turn == "as is" else (lambda s: (x, (y + s) % 1))
    across = (lambda s: (x, (y + s) % 1)) if turn == "as is" else (lambda s: ((x + s) % 1, y))
    assert near(click["places"], along(0.5)) == [""]
    assert "stays there too" in near(click["wrong"], (x, y))[0]
    assert "wrong direction" in near(click["wrong"], across(0.5))[0]
    assert "shifted, not mirrored" in near(click["wrong"], (1 - x, y) if turn == "as is" else (x, 1 - y))[0]
    assert sum(option["right"] for option in told["options"]) == 1


def test_n1_n2_n3_answer_each_known_mistake():
    one, two, three = header(questions.exercises(slices.case()))["items"]
    (x, y), target = slices.copies_of(slices.case(), 1)[0], one["target"]
    assert near(target["places"], ((x + 1 / 3) % 1, y)) and near(target["places"], ((x + 2 / 3) % 1, y))
    for place, words in {
        (x, (y + 1 / 3) % 1): "wrong direction",
        (x, (y + 2 / 3) % 1): "wrong direction",
        (1 - x, y): "shifted, not mirrored",
        ((x + 0.5) % 1, y): "Half a field is R = 2",
        (x, y): "the plaque itself",
    }.items():
        assert words in near(target["wrong"], place)[0]
    messages = {tuple(pair): words for pair, words in two["messages"]}
    for pair, words in {(0, 1): "Count the brains", (1, 2): "Blur in both", (0, 3): "copy or smear"}.items():
        assert words in messages[pair] and words in messages[pair[::-1]]
    assert three["value"] == 36
    said = dict(three["wrong"])
    assert "forgot the reference" in said[32] and "already on the grid" in said[40] and "full scan" in said[64]


def test_what_the_exercises_say_is_true():
    """N3: 36 s, and the numbers of the wrong answers; K1's number."""
    assert (
        limits.scan_seconds(256, 2, 24) == 36 and limits.scan_seconds(256, 2) == 32 and limits.scan_seconds(256) == 64
    )
    assert -(-(128 + 24) // 16) * 4 == 40, "twelve of the 24 were on the grid already"
    assert int(sampling.equispaced((1, 256), 2, 24).sum()) == 128 + 12
