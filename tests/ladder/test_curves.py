"""The stored curves are those of the shipped weights: measured again on some patients, and read as chapters do."""

import copy
import statistics

import pytest
from scipy import stats

from mrtutor import patients, sampling
from mrtutor.experiments.common import cohort
from mrtutor.experiments.ladder import curves, figures, files
from mrtutor.methods import METHODS, Trained

N_AGAIN = 8
TOLERANCE = {"PSNR": 0.05, "SSIM": 0.002}
TRAINED = [name for name, method in METHODS.items() if isinstance(method, Trained)]


@pytest.fixture(scope="module")
def measured():
    return curves.load()


# What is stored ----------------------------------------------------------------------------------------------------
def test_the_file_holds_every_method_and_was_made_with_these_patients(measured):
    assert list(measured["rows"]) == [name for name in curves.names() if name in measured["rows"]]
    assert len(measured["rows"]) >= 21, "those of the course; a new one may not have been measured yet"
    assert (
        measured["seed"] == cohort.HELD_OUT.seed and measured["data"] == patients.data_version() and measured["n"] == 20
    )
    assert measured["nominal R"] == list(cohort.ACCELERATIONS) and measured["mrtutor"] and measured["torch"]
    assert len(measured["tuned"]) == len(measured["R"]) == len(cohort.ACCELERATIONS)
    for name, rows in measured["rows"].items():
        assert len(rows) == len(cohort.ACCELERATIONS)
        for R, scores in zip(measured["nominal R"], rows, strict=True):
            assert (scores is None) == refuses(name, R)
            assert scores is None or {metric: len(values) for metric, values in scores.items()} == {
                "PSNR": 20,
                "SSIM": 20,
            }


def refuses(name: str, R: int) -> bool:
    """GRAPPA learns nothing from fewer than R + 1 calibration lines."""
    return name in ("GRAPPA", "GRAPPA + denoiser") and sampling.default_n_acs(R) < R + 1


def test_the_file_was_made_with_the_shipped_weights(measured):
    assert measured["weights"] == {name: files.digest(METHODS[name]) for name in TRAINED if name in measured["rows"]}, (
        "new weights: python -m mrtutor.experiments.ladder.curves --only NAME ..."
    )


def test_at_each_acceleration_all_methods_have_as_many_lines(measured):
    for nominal, true in zip(measured["nominal R"], measured["R"], strict=True):
        found = {sampling.true_acceleration(curves.lines(name, nominal, 3)) for name in curves.names()}
        assert [round(R, 4) for R in found] == [true]


@pytest.mark.parametrize("R", (4, 6, 8))
@pytest.mark.parametrize("name", curves.names())
def test_the_first_patients_come_out_again(name, R, measured):
    """Each of eight patients within the tolerance; and their mean where it belongs.

    The file's interval holds the mean of all n patients. The mean of eight scatters more: its half width is
    sqrt(n / 8) times as large.
    """
    if name in curves.unmeasured(measured):
        pytest.skip(f"{name} is new: python -m mrtutor.experiments.ladder.curves --only '{name}' measures it")
    stored = measured["rows"][name][measured["nominal R"].index(R)]
    again = curves.row(name, curves.stored_methods(measured, R)[name], R, N_AGAIN)
    assert (again is None) == (stored is None) == refuses(name, R)
    for metric, values in (again or {}).items():
        assert values == pytest.approx(stored[metric][:N_AGAIN], abs=TOLERANCE[metric])
        mean, half = cohort.interval(stored[metric])
        assert abs(statistics.mean(values) - mean) < half * (measured["n"] / N_AGAIN) ** 0.5


# The command -------------------------------------------------------------------------------------------------------
def test_new_rows_replace_the_old_ones_and_the_others_stay(measured, tmp_path, monkeypatch, capsys):
    old = curves.conditions() | {key: copy.deepcopy(measured[key]) for key in ("weights", "tuned", "rows")}
    old["rows"]["a method of the past"] = old["rows"]["MoDL"]
    path = tmp_path / "curves.json"
    files.store(old, path)
    asked = []

    def measure(names, n, accelerations):
        asked.append(list(names))
        return curves.conditions(n, accelerations) | {
            "weights": {"MoDL": "new"},
            "tuned": [],
            "rows": {"MoDL": [None] * len(accelerations)},
        }

    monkeypatch.setattr(curves, "measure", measure)
    curves.main(["--only", "MoDL", "--out", str(path)])
    new = curves.load(path)
    assert (
        asked == [["MoDL"]]
        and capsys.readouterr().out == f"{path}\n"
        and [one.name for one in tmp_path.iterdir()] == ["curves.json"]
    )
    assert (
        list(new["rows"]) == list(measured["rows"])
        and new["rows"]["MoDL"] == [None] * len(cohort.ACCELERATIONS)
        and new["weights"]["MoDL"] == "new"
    )
    assert all(new["rows"][name] == measured["rows"][name] for name in measured["rows"] if name != "MoDL")
    assert new["tuned"] == measured["tuned"] and new["weights"]["U-Net"] == measured["weights"]["U-Net"]


@pytest.mark.parametrize(
    "arguments, change, says",
    [
        (["--only", "MoDL"], {"data": "other"}, "another data: measure all methods anew"),
        (["--only", "MoDL", "--n", "10"], {}, "another n: measure all methods anew"),
        (["--only", "MoDel"], {}, "invalid choice: 'MoDel'"),
        (["--n", "1"], {}, "n must be 2 or more"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_is_measured(
    arguments, change, says, measured, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "curves.json"
    files.store({**measured, **curves.conditions(), **change}, path)
    monkeypatch.setattr(curves, "measure", None)
    before = path.read_text()
    with pytest.raises(SystemExit):
        curves.main([*arguments, "--out", str(path)])
    assert says in capsys.readouterr().err and path.read_text() == before


def test_measuring_keeps_what_the_file_needs(monkeypatch):
    """Two methods, two patients, one acceleration; a method's own mistake is not taken for a refusal."""
    found = curves.measure(["GRAPPA", "U-Net"], 2, (8,))
    assert found["rows"]["GRAPPA"] == [None] and len(found["rows"]["U-Net"][0]["PSNR"]) == 2
    assert (
        found["weights"] == {"U-Net": files.digest(METHODS["U-Net"])}
        and found["tuned"] == []
        and found["R"] == [5.5652]
    )

    def broken(kspace, mask, maps):
        raise ValueError("kernel must be (odd, even)")

    with pytest.raises(ValueError, match="kernel"):
        curves.row("GRAPPA", broken, 4, 2)


# Reading -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("metric", curves.DIGITS)
def test_summary_is_the_mean_and_the_interval_of_the_patients(metric, measured):
    found = curves.summary(measured, metric)
    assert list(found) == list(measured["rows"])
    for name in found:
        assert [R for R, _, _ in found[name]] == [
            true for R, true in zip(measured["nominal R"], measured["R"], strict=True) if not refuses(name, R)
        ]
    values = measured["rows"]["MoDL"][2][metric]
    low, high = stats.t.interval(0.95, len(values) - 1, statistics.mean(values), stats.sem(values))
    assert found["MoDL"][2] == pytest.approx((measured["R"][2], (low + high) / 2, (high - low) / 2))


def test_the_figure_draws_every_method_and_names_families(measured):
    from matplotlib import pyplot

    fig = figures.curves_figure(measured)
    try:
        for ax, metric in zip(fig.axes, curves.DIGITS, strict=True):
            drawn = [tuple(line.get_ydata()) for line in ax.lines]
            for name, points in curves.summary(measured, metric).items():
                line = ax.lines[drawn.index(tuple(mean for _, mean, _ in points))]
                assert (line.get_linestyle() == "-") == (name in TRAINED), name
            assert len(ax.lines) == len(measured["rows"]) and len(ax.collections) == len(figures.STYLES), (
                "curves, intervals"
            )
        named = [text.get_text() for text in fig.legends[0].get_texts()]
        assert named == [*figures.STYLES, "other classical methods", "other networks"]
        looks = {(style, marker) for _, style, marker in figures.STYLES.values()}
        assert len(looks) == len(figures.STYLES), "told apart without colour"
    finally:
        pyplot.close(fig)


def test_the_words_beside_the_figure_hold_its_numbers(measured):
    words = figures.curves_words(measured)
    for name in figures.STYLES:
        points = curves.summary(measured)[name]
        assert f"{name} {points[0][1]:.1f}, " in words
        assert refuses(name, measured["nominal R"][-1]) or f"{points[-1][1]:.1f}" in words
    assert "GRAPPA + denoiser" in words and "refused" in words
