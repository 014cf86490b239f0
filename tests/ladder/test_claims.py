"""The claims of the ladder: each rule can say yes, no and depends; the measured files can be measured again."""

import json

import pytest
import torch
from torch.nn.functional import max_pool2d

from mrtutor.claims import CLAIMS, record
from mrtutor.experiments.common import cohort
from mrtutor.experiments.ladder import cascades, claims, curves, detection, ends, far, sides
from mrtutor.experiments.ladder.files import digest
from mrtutor.methods import METHODS, Trained
from mrtutor.networks.base import n_weights

N = 12
WOBBLE = [0.004 * (p % 3 - 1) for p in range(N)]  # patients differ; alike for all methods, so that pairs do not
JITTER = [0.03 * (-1) ** p for p in range(N)]  # differs from method to method: drowns small differences


def around(value: float, noise=WOBBLE, scale: float = 1) -> list[float]:
    """N patients around a mean."""
    return [value + scale * more for more in noise]


def scores(table: dict[str, dict[int, float]], scale: float = 1) -> dict:
    """Means -> invented patients."""
    return {name: {R: around(value, scale=scale) for R, value in row.items()} for name, row in table.items()}


def plaque(gap: float, ssim: float) -> dict[str, list[float]]:
    """A row of `far`: 24 patients whose background spreads over 0 to 1 and whose plaque adds `gap`."""
    background = [p / 23 for p in range(24)]
    return {
        "SSIM": [ssim + 0.001 * (p % 3 - 1) for p in range(24)],
        "present": [b + gap for b in background],
        "absent": background,
    }


# AUC and resampling ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("present", "absent", "expected"),
    [
        ([2, 3, 4], [0, 1], 1.0),
        ([0, 1], [2, 3], 0.0),
        ([1, 1], [1, 1], 0.5),
        ([1, 3], [0, 2], 0.75),
        ([1, 2], [1], 0.75),
    ],
)
def test_auc_of_known_samples(present, absent, expected):
    assert float(detection.auc(present, absent)) == expected


def test_auc_is_that_of_scipy_and_works_on_batches():
    from scipy.stats import mannwhitneyu

    generator = torch.Generator().manual_seed(3)
    present, absent = (torch.randn(5, 30, generator=generator) + shift for shift in (0.7, 0))
    for value, a, b in zip(detection.auc(present, absent), present, absent, strict=True):
        assert float(value) == pytest.approx(mannwhitneyu(a, b).statistic / 900)


def test_auc_interval_holds_the_auc_and_narrows_where_nothing_overlaps():
    area, low, high = detection.auc_interval(plaque(0.3, 0.9)["present"], plaque(0.3, 0.9)["absent"])
    assert low < area < high and high - low > 0.05
    assert detection.auc_interval([2.0, 3, 4], [0.0, 0.5, 1]) == (1, 1, 1)


def test_contrast_left_is_what_the_plaque_adds():
    full = plaque(0.4, 1)
    assert detection.contrast_left(full, full) == 1
    assert detection.contrast_left(plaque(0.1, 1), full) == pytest.approx(0.25)


# The pairs of far --------------------------------------------------------------------------------------------------
def test_present_and_absent_differ_only_inside_the_plaque():
    for number in (0, 5):
        present, absent = far.person(number, [far.PLAQUE]), far.person(number)
        assert present.split == "test" and not absent.lesion.any() and bool(present.lesion.any())
        edge = max_pool2d(present.lesion[None].float(), 3, 1, 1)[0] > 0  # one pixel more: edges are 1 mm wide
        differs = present.image != absent.image
        assert bool(differs.any()) and not bool((differs & ~edge).any())
        ratio = (present.image / absent.image)[present.lesion]
        assert (
            float(ratio.real.max()) == pytest.approx(1 + far.PLAQUE.contrast, abs=1e-3)
            and float(ratio.imag.abs().max()) < 1e-4
        )
        rows, columns = present.lesion[0].nonzero().T
        assert (
            max(
                float((rows.max() - rows.min()) * present.voxel_mm[0]),
                float((columns.max() - columns.min()) * present.voxel_mm[1]),
            )
            < 5
        )


def test_the_pair_has_the_same_place_and_other_noise():
    one = far.pair(0)
    assert torch.equal(one.lesion, one.present.lesion) and torch.equal(one.present.maps, one.absent.maps)
    noise = [
        scan.kspace - far.acquire(far.person(0, lesions), n_coils=8, size=128, radius=far.RADIUS).kspace
        for scan, lesions in ((one.present, [far.PLAQUE]), (one.absent, []))
    ]
    for each in noise:
        assert float(torch.view_as_real(each).std()) == pytest.approx(far.NOISE, rel=0.02)
    overlap = (noise[0].conj() * noise[1]).sum().abs() / (noise[0].norm() * noise[1].norm())
    assert float(overlap) < 0.02


def test_lines_are_as_many_as_those_of_the_regular_pattern_and_other_for_each_patient():
    for R in far.ACCELERATIONS:
        mask = far.lines(R, 1)
        assert int(mask.sum()) == int(cohort.mask("equispaced", (128, 128), R).sum()) and not torch.equal(
            mask, far.lines(R, 2)
        )


def test_the_full_scan_shows_the_plaque_and_a_method_that_blurs_it_away_does_not():
    full = far.row((0, 1))
    assert all(a > b + 0.08 for a, b in zip(full["present"], full["absent"], strict=True)) and min(full["SSIM"]) > 0.98
    blank = far.row((0, 1), lambda kspace, mask, maps: torch.zeros_like(maps[:1]), 4)
    assert blank["present"] == blank["absent"] == [0, 0] and max(blank["SSIM"]) < 0.3


# C11 ---------------------------------------------------------------------------------------------------------------
SHAPES = {  # R -> (gap of the plaque, SSIM)
    "lesion first": {4: (1.0, 0.95), 6: (0.3, 0.94), 8: (0.1, 0.93), 12: (0.05, 0.92), 16: (0.0, 0.80)},
    "SSIM first": {4: (1.0, 0.95), 6: (1.0, 0.87), 8: (0.95, 0.83), 12: (0.9, 0.81), 16: (0.0, 0.80)},
    "lesion stays": {4: (1.0, 0.95), 6: (1.0, 0.94), 8: (1.0, 0.93), 12: (1.0, 0.92), 16: (1.0, 0.80)},
}


@pytest.mark.parametrize(("shape", "expected"), [("lesion first", True), ("SSIM first", False), ("lesion stays", None)])
def test_c11_does_ssim_stay_flat_longer(shape, expected):
    rows = {R: plaque(*values) for R, values in SHAPES[shape].items()}
    found = detection.dropped(rows)
    assert found["holds"] is expected and bool(found["reason"]) == (expected is None)
    if expected is not None:
        assert (found["lead"] > 0) is expected and 0 <= found["SSIM"][8] <= found["SSIM"][12] <= 1
    said = claims.flat_longer({"MoDL": rows, "U-Net": rows}, plaque(1.0, 0.99))
    assert said["holds"] is expected and "R = 12" in said["sentence"]
    assert said["AUC"]["MoDL"][4] == pytest.approx(float(detection.auc(rows[4]["present"], rows[4]["absent"])))


def test_c11_alike_is_no_answer_and_networks_that_differ_depend():
    alike = {
        R: plaque(gap, 0.8 + 0.15 * float(detection.auc(*list(plaque(gap, 0).values())[1:])))
        for R, gap in {4: 0.6, 8: 0.3, 12: 0.2, 16: 0.05}.items()
    }
    found = detection.dropped(alike)
    assert found["holds"] is None and abs(found["lead"]) < 0.02 and "alike" in found["reason"]
    both = claims.flat_longer(
        {name: {R: plaque(*values) for R, values in SHAPES[name].items()} for name in ("lesion first", "SSIM first")},
        plaque(1, 1),
    )
    assert both["holds"] is None and "lesion first: yes" in both["reason"] and "SSIM first: no" in both["reason"]


# C08 ---------------------------------------------------------------------------------------------------------------
def rivals(network: float, classical: float, tuned: float = 0.5) -> dict:
    return {
        "MoDL": {4: network, 8: network - 0.1},
        "U-Net": {4: 0.4, 8: 0.3},
        "CG-SENSE": {4: classical, 8: classical - 0.1},
        "Tuned CS": {4: tuned, 8: tuned - 0.1},
    }


def test_c08_the_best_network_against_the_best_classical_method():
    win = claims.networks_win(scores(rivals(0.95, 0.8)), scores(rivals(34, 30), 100))
    assert (
        win["holds"] is True
        and win["SSIM at R = 4"]["network"] == "MoDL"
        and win["SSIM at R = 4"]["classical"] == "CG-SENSE"
    )
    assert win["SSIM at R = 8"]["difference"][0] == pytest.approx(0.15) and "+4.00" in win["sentence"]
    assert claims.networks_win(scores(rivals(0.7, 0.8)), scores(rivals(29, 30), 100))["holds"] is False
    tuned = claims.networks_win(scores(rivals(0.95, 0.8, tuned=0.97)), scores(rivals(34, 30), 100))
    assert (
        tuned["holds"] is None
        and "no: SSIM at R = 4" in tuned["reason"]
        and tuned["SSIM at R = 4"]["classical"] == "Tuned CS"
    )


def test_c08_what_lies_inside_the_interval_is_no_answer():
    close = scores(rivals(0.801, 0.8))
    close["MoDL"] = {R: [a + b for a, b in zip(row, JITTER, strict=True)] for R, row in close["MoDL"].items()}
    found = claims.networks_win(close, scores(rivals(34, 30), 100))
    assert found["holds"] is None and "too close" in found["reason"]


def test_c08_a_network_that_loses_the_plaque_depends():
    better = scores(rivals(0.95, 0.8)), scores(rivals(34, 30), 100)
    seen, lost = {4: plaque(1, 1), 8: plaque(0.8, 1)}, {4: plaque(1, 1), 8: plaque(0.02, 1)}
    assert claims.networks_win(*better, {"MoDL": seen, "Wavelet CS": lost})["holds"] is True
    found = claims.networks_win(*better, {"MoDL": lost, "Wavelet CS": seen})
    assert found["holds"] is None and "less often" in found["reason"] and "R = 8" in found["reason"]
    assert found["AUC"][8]["difference"] == pytest.approx(found["AUC"][8]["first"] - found["AUC"][8]["second"])
    assert claims.networks_win(*better, {"MoDL": seen, "Wavelet CS": seen})["holds"] is True


def test_c08_a_method_has_one_side_and_a_missing_one_is_named():
    trained = {name for name, method in METHODS.items() if isinstance(method, Trained)}
    assert set(sides.NETWORKS) == trained and set(sides.CLASSICAL) - {"Tuned CS"} <= set(METHODS) - trained
    with pytest.raises(ValueError, match="R = 4"):
        claims.networks_win({"MoDL": {4: around(1), 8: around(1)}}, {})


# C09 ---------------------------------------------------------------------------------------------------------------
SIZES = {"U-Net": 480_000, "VarNet": 180_000, "MoDL": 90_000}


@pytest.mark.parametrize(("varnet", "modl", "expected"), [(0.9, 0.95, True), (0.7, 0.75, False), (0.9, 0.75, None)])
def test_c09_unrolled_against_the_unet(varnet, modl, expected):
    ssim = scores({"U-Net": {4: 0.8, 8: 0.8}, "VarNet": {4: varnet, 8: varnet}, "MoDL": {4: modl, 8: modl}})
    found = claims.unrolled_win(ssim, SIZES)
    assert found["holds"] is expected and "180,000" in found["sentence"] and bool(found["reason"]) == (expected is None)


def test_c09_a_network_with_more_weights_does_not_count():
    ssim = scores({"U-Net": {4: 0.8, 8: 0.8}, "VarNet": {4: 0.9, 8: 0.9}, "MoDL": {4: 0.7, 8: 0.7}})
    found = claims.unrolled_win(ssim, {**SIZES, "MoDL": 10**6})
    assert found["holds"] is True and found["left out"] == ["MoDL"]
    with pytest.raises(ValueError, match="at most"):
        claims.unrolled_win(ssim, {"U-Net": 10, "VarNet": 20, "MoDL": 30})


def test_c09_the_unrolled_networks_of_the_course_have_fewer_weights():
    counts = {name: n_weights(METHODS[name].network) for name in ("U-Net", "VarNet", "MoDL")}
    assert counts["MoDL"] < counts["U-Net"] and counts["VarNet"] < counts["U-Net"]


# C10 ---------------------------------------------------------------------------------------------------------------
TRUE = {2: 1.7, 4: 2.7, 6: 4.0, 8: 5.6, 12: 7.0}
BENT, STRAIGHT = {2: 0.01, 4: 0.02, 6: 0.03, 8: 0.2, 12: 0.4}, {R: 0.01 * true for R, true in TRUE.items()}


def test_c10_a_knee_is_a_threefold_slope_beyond_a_true_r_of_four():
    assert ends.knees(scores({"CG-SENSE": BENT, "Wavelet CS": BENT}), TRUE)["holds"] is True
    flat = ends.knees(scores({"CG-SENSE": STRAIGHT, "Wavelet CS": STRAIGHT}), TRUE)
    assert flat["holds"] is False and flat["steeper"]["CG-SENSE"] == pytest.approx(1)
    both = ends.knees(scores({"CG-SENSE": BENT, "Wavelet CS": STRAIGHT, "MoDL": BENT}), TRUE)
    assert (
        both["holds"] is None
        and both["bends"] == {"CG-SENSE": True, "Wavelet CS": False}
        and "no: Wavelet CS" in both["reason"]
    )


def test_c10_the_slope_is_taken_at_true_r_and_refused_accelerations_are_left_out():
    found = ends.knees(scores({"GRAPPA": {2: 0.0, 8: 0.32}, "CG-SENSE": {2: 0.1, 4: 0.1}}), {2: 2.0, 4: 3.0, 8: 6.0})
    assert found["steeper"] == {"GRAPPA": pytest.approx(1)}
    flat_then_up = ends.knees({"CG-SENSE": {2: [0.1], 6: [0.1], 8: [0.2]}}, TRUE)
    assert flat_then_up["steeper"]["CG-SENSE"] == float("inf") and flat_then_up["holds"] is True


def test_ten_decibels_are_a_tenth_of_the_squared_error():
    assert ends.error_from_psnr({"a": {4: [20.0, 30.0]}}) == {"a": {4: [pytest.approx(0.01), pytest.approx(0.001)]}}


# C16 ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ((28, 30, 31, 31.3, 31.4), True),
        ((28, 30, 31, 31.3, 31.2), True),
        ((30, 29.5, 29, 28.5, 28), False),
        ((28, 29, 30, 31, 32), None),
        ((28, 30, 31, 31, 29.5), None),
        ((30, 30, 30, 30, 30), None),
    ],
)
def test_c16_rises_then_flat(means, expected):
    found = claims.rises_then_flat({n: around(value) for n, value in enumerate(means, 1)})
    assert found["holds"] is expected and bool(found["reason"]) == (expected is None) and len(found["steps"]) == 4
    beside = claims.rises_then_flat({n: around(value) for n, value in enumerate(means, 1)}, around(40.0))
    assert beside["holds"] is expected and beside["sentence"].endswith("has 40.0 dB.")


# C100 --------------------------------------------------------------------------------------------------------------
def families(parallel: float, sparse: float, learned: float) -> tuple[dict, dict]:
    """SSIM and PSNR that fall in straight lines, and go below the bars at these true R."""
    stops = {
        "CG-SENSE": parallel,
        "GRAPPA": parallel - 0.5,
        "Wavelet CS": sparse - 0.5,
        "Tuned CS": sparse,
        "MoDL": learned,
        "U-Net": learned - 0.5,
    }
    line = lambda bar, slope: {
        name: {R: bar + slope * (end - true) for R, true in TRUE.items()} for name, end in stops.items()
    }
    return scores(line(ends.BARS["SSIM"], 0.05)), scores(line(ends.BARS["PSNR"], 2), 20)


@pytest.mark.parametrize(
    ("stops", "expected"),
    [((2.5, 4.0, 6.0), True), ((6.0, 4.0, 2.5), False), ((4.0, 2.5, 6.0), None), ((3.0, 3.0, 6.0), None)],
)
def test_c100_the_order_in_which_families_fail(stops, expected):
    found = ends.order(*families(*stops), TRUE)
    assert found["holds"] is expected and bool(found["reason"]) == (expected is None)
    for metric in ("SSIM", "PSNR"):
        assert [found["ends"][metric][name][0] for name in sides.FAMILIES] == pytest.approx(list(stops), abs=0.01)


def test_c100_metrics_that_differ_depend():
    ssim, psnr = families(2.5, 4.0, 6.0)[0], families(6.0, 4.0, 2.5)[1]
    assert ends.order(ssim, psnr, TRUE)["holds"] is None


def test_a_curve_fails_where_it_crosses_the_bar_once():
    rows = [(2.0, 0.9), (4.0, 0.8), (6.0, 0.86)]
    assert (
        ends.fails_at(rows, 0.85) == pytest.approx(3)
        and ends.fails_at(rows, 0.95) == 2
        and ends.fails_at(rows, 0.5) == 6
    )


# Files and claims --------------------------------------------------------------------------------------------------
def test_curves_are_read_without_what_was_refused():
    measured = {
        "nominal R": [4, 8],
        "R": [2.7, 5.6],
        "rows": {"GRAPPA": [{"SSIM": [0.9], "PSNR": [30]}, None], "MoDL": [{"SSIM": [1], "PSNR": [2]}] * 2},
    }
    assert curves.by_R(measured, "SSIM") == {"GRAPPA": {4: [0.9]}, "MoDL": {4: [1], 8: [1]}} and curves.true_R(
        measured
    ) == {4: 2.7, 8: 5.6}


@pytest.mark.parametrize("id", ["C08", "C09", "C10", "C16", "C100"])
def test_depends_is_an_answer_for_these_and_no_is_red(id):
    assert CLAIMS[id].gate == "B" and not record(id, None, "a test")["red"] and record(id, False, "a test")["red"]


def test_every_sentence_can_be_recorded():
    rows = {R: plaque(*values) for R, values in SHAPES["lesion first"].items()}
    found = {
        "C08": claims.networks_win(
            scores(rivals(0.95, 0.8)), scores(rivals(34, 30), 100), {"MoDL": rows, "Wavelet CS": rows}
        ),
        "C10": ends.knees(scores({"CG-SENSE": BENT}), TRUE),
        "C11": claims.flat_longer({"MoDL": rows}, plaque(1, 1)),
        "C16": claims.rises_then_flat({n: around(28 + n) for n in range(1, 6)}),
        "C100": ends.order(*families(2.5, 4, 6), TRUE),
    }
    for id, one in found.items():
        assert record(id, one["holds"], one["sentence"])["measured"].endswith(".") and json.dumps(one, allow_nan=False)


def test_cascades_have_equal_weights_and_as_many_as_they_say():
    counts = {n: cascades.weights_of(n, cascades.matched_width(n)) for n in cascades.NUMBERS}
    assert max(counts.values()) < 1.1 * min(counts.values())
    for n, count in counts.items():
        plan = cascades.plan(n)
        assert n_weights(plan.build()) == count and plan.arguments["n_cascades"] == n
        assert (plan.steps, plan.lr, plan.loss, plan.stream, plan.seed) == (
            800,
            1e-3,
            "decibel",
            cascades.plan(1).stream,
            cascades.plan(1).seed,
        )


def test_a_stopped_run_goes_on_and_another_plan_begins_anew(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(cascades, "train", lambda number, steps, n: asked.append(number) or {"PSNR": [number] * n})
    monkeypatch.setattr(cascades, "psnr", lambda method, n: [1.0] * n)
    path = tmp_path / "cascades.json"
    cascades.run(path, 5, 2, (1, 2))
    assert cascades.run(path, 5, 2)["networks"].keys() == {"1", "2", "3", "4", "5"} and asked == [1, 2, 3, 4, 5]
    assert json.loads(path.read_text()) == cascades.run(path, 5, 2) and asked == [1, 2, 3, 4, 5]
    assert cascades.run(path, 6, 2, (1,))["networks"].keys() == {"1"} and [one.name for one in tmp_path.iterdir()] == [
        path.name
    ]


def test_measured_cascades_are_of_this_cohort_and_these_networks():
    found = cascades.load()
    assert {**found["about"], "mrtutor": 0, "torch": 0} == {**cascades.frame(), "mrtutor": 0, "torch": 0}
    assert {int(n): row["weights"] for n, row in found["networks"].items()} == {
        n: cascades.weights_of(n, cascades.matched_width(n)) for n in cascades.NUMBERS
    }
    assert all(len(row["PSNR"]) == cascades.N_PATIENTS for row in found["networks"].values())
    assert cascades.psnr(METHODS["CG-SENSE"], 2) == pytest.approx(found["CG-SENSE"][:2], abs=0.02)


def test_far_can_be_measured_again():
    found = far.load()
    assert found["nominal R"] == list(far.ACCELERATIONS) and found["plaque"] == vars(far.PLAQUE) and found["n"] == far.N
    numbers = range(3)
    for column, values in far.row(numbers).items():
        assert found["full"][column][:3] == pytest.approx(values, abs=2e-3)
    stale = [
        name
        for name, method in far.READ.items()
        if isinstance(method, Trained) and digest(method) != found["weights"][name]
    ]
    assert not stale, f"measured with other weights of {', '.join(stale)}: run python -m mrtutor.experiments.ladder.far"
    for name, method in far.READ.items():
        for column, values in far.row(numbers, method, 8).items():
            assert far.by_R(found, name)[8][column][:3] == pytest.approx(values, abs=5e-3), f"{name}, {column}"


def test_the_full_scan_is_neither_trivial_nor_hopeless():
    full = far.load()["full"]
    assert 0.95 <= float(detection.auc(full["present"], full["absent"])) <= 1
