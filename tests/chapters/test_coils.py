"""Chapter 2: its claims hold on the real brain and on its stand-in, and each turns red when what it rests on breaks."""

from dataclasses import replace

import pytest
import torch
from helpers.real import real_file

from mrtutor import coils, fourier, metrics, sampling, scan, sense, sparsity
from mrtutor.claims import record
from mrtutor.experiments.coils import (
    abdomen,
    claims,
    elements,
    scenes,
    scenes_elements,
    scenes_kernel,
    scenes_unfolding,
)
from mrtutor.experiments.common import cases
from mrtutor.experiments.common.brain import virtual


@pytest.fixture(scope="module", params=["real", "virtual"])
def case(request):
    if request.param == "virtual":
        return cases.prepare(virtual())
    return cases.prepare(scan.read(real_file("brain_pulseq_16ch.h5")))


# C04 ---------------------------------------------------------------------------------------------------------------
def test_c04_snr_falls_by_g_root_r(case):
    found = claims.snr_loss(case)
    for R in (2, 4):
        assert found[R]["holds"] and found[R]["ratio"] == pytest.approx(1, abs=0.05) and found[R]["measured"] > R**0.5
    assert found[4]["predicted"] > found[2]["predicted"]
    red = record("C04", {"SENSE": found[4]["holds"], "GRAPPA": found["GRAPPA"]["holds"]}, "a test")["red"]
    assert not red


def test_c04_turns_red_when_the_price_is_a_variance(case, monkeypatch):
    right = sense.g_factor
    monkeypatch.setattr(sense, "g_factor", lambda maps, R: right(maps, R) ** 2)
    assert not claims.snr_loss(case, n_draws=12)[4]["holds"]


def test_c04_turns_red_when_unfolding_is_noisier_than_least_squares(case, monkeypatch):
    def transposed(S):  # exact without noise, like the plain transpose of exercise K3
        return torch.linalg.inv(S.mT @ S + 1e-6 * torch.eye(S.shape[-1])) @ S.mT

    monkeypatch.setattr(sense, "_least_squares", transposed)
    found = claims.snr_loss(case, n_draws=12)[4]
    assert not found["holds"] and found["ratio"] > 1.05


# C10 ---------------------------------------------------------------------------------------------------------------
def test_c10_parallel_imaging_bends_beyond_four(case):
    found = claims.knee(case)
    assert found["holds"] and found["SENSE"] == sorted(found["SENSE"]) and found["GRAPPA"] == sorted(found["GRAPPA"])


def test_c10_fails_for_a_straight_line(case, monkeypatch):
    monkeypatch.setattr(claims, "score", lambda image, field: float(image.shape[-1]) / 1e3 + 0.01 * next(straight))
    straight = iter([2, 2, 3, 3, 4, 4, 5, 5, 6, 6])
    assert not claims.knee(case)["holds"]


# C41 ---------------------------------------------------------------------------------------------------------------
def test_c41_merged_elements_have_lost_something(case):
    found = elements.one_or_many(case)
    assert found["holds"] and found["rank_single"] == 1 and found["rank_multi"] == found["places"] >= 2


def test_c41_turns_red_when_all_elements_are_told_to_hear_alike(case):
    alike = torch.where(case.maps.abs().sum(0) > 0, len(case.maps) ** -0.5, 0).to(torch.complex64).expand_as(case.maps)
    assert not elements.one_or_many(replace(case, maps=alike.contiguous()))["holds"]


def test_c41_turns_red_when_the_maps_are_not_used(case, monkeypatch):
    right = sparsity.wavelet_cs
    monkeypatch.setattr(
        sparsity, "wavelet_cs", lambda k, m, maps, lam: right(k[:1], m, torch.ones_like(maps[:1]), lam=lam)
    )
    assert not elements.one_or_many(case)["holds"]


# C42 ---------------------------------------------------------------------------------------------------------------
def test_c42_more_elements_help(case):
    found = elements.more_elements(case)
    assert found["holds"] and found["elements"] == [1, 2, 4, 8, 16] and found["nmse"][0] > 5 * found["nmse"][-1]


def test_c42_turns_red_when_the_elements_are_copies_of_one(case, monkeypatch):
    monkeypatch.setattr(elements, "round_the_head", lambda maps: torch.zeros(len(maps), dtype=torch.long))
    assert not elements.more_elements(case, (1, 2, 4))["holds"]


def test_c42_turns_red_when_sense_listens_to_one_element(case, monkeypatch):
    right = sense.cg_sense
    monkeypatch.setattr(sense, "cg_sense", lambda k, m, maps: right(k[:1], m, maps[:1].sgn()))
    assert not elements.more_elements(case, (1, 2, 4, 8))["holds"]


# What the prose says -----------------------------------------------------------------------------------------------
def test_the_price_at_r_2_is_the_likeness_of_two_places(case):
    rho = elements.alikeness(case.maps)
    both = (coils.rss(case.maps) > 0.99) & (coils.rss(case.maps).roll(case.maps.shape[-1] // 2, -1) > 0.99)
    torch.testing.assert_close(
        sense.g_factor(case.maps, 2)[both], (1 / (1 - rho**2).sqrt())[both], rtol=1e-3, atol=1e-3
    )


def test_the_copy_fades_with_maps_and_not_with_rss(case):
    copy, wanted = (elements.fading_copy(case)[key] for key in ("copy", "wanted"))
    assert copy["One uniform coil"] == pytest.approx(0.5, abs=0.01) and copy["All elements, RSS"] == pytest.approx(
        0.5, abs=0.02
    )
    assert copy["All elements, by their maps"] < 0.35 and wanted["All elements, by their maps"] == pytest.approx(
        0.5, abs=0.02
    )


def test_the_noise_is_in_the_middle(case):
    found = claims.rim_and_core(case)
    assert found["core"] > 1.3 * found["rim"] > 1.3
    assert (found["noisiest"] & found["air_region"]).sum() == 0
    assert (found["noisiest"] & found["rim_region"]).sum() < 0.1 * found["noisiest"].sum()
    g = claims.mean_g(case)
    assert list(g.values()) == sorted(g.values()) and g[2] < 1.3 < g[4]


def test_two_elements_drown_in_noise_and_no_copy_returns(case):
    near, far = scenes_elements.pair(case, 5), scenes_elements.pair(case, 180)
    region = claims.head(case)
    assert near["g"][0][region].mean() > 10 * far["g"][0][region].mean()
    assert metrics.ghost_index(near["unfolded"], case.image, 2) < 0.05
    assert claims.score(near["unfolded"], case) > 20 * claims.score(far["unfolded"], case)


def test_averages_calm_noise_and_leave_the_copy(case):
    once, often = (scenes.mismatched(case, 4, n) for n in (1, 16))
    right = scenes.mismatched(case, 0, 16)
    copies = [metrics.ghost_index(x, case.image, 4) for x in (once, often, right)]
    assert copies[1] > 0.5 * copies[0] and copies[1] > 5 * copies[2]
    assert claims.score(often, case) < claims.score(once, case)


def test_prewhitening_saves_noise(case):
    found = elements.noise_correlation(case)
    assert 0.01 < found["saved"] < 0.5 and 0.2 < found["largest"] < 0.9
    assert found["covariance"].diagonal().real.mean() == pytest.approx(1, abs=1e-4)


def test_the_kernel_on_its_way_starts_and_ends_where_it_should(case):
    n_x = case.image.shape[-1]
    mask = sampling.equispaced(case.image.shape[-2:], 4, 16)
    torch.testing.assert_close(
        scenes_kernel.kernel_until(case, 4, 16, 0)["image"],
        coils.combine(fourier.ifft2c(mask * case.kspace), case.maps),
        rtol=1e-3,
        atol=1e-4,
    )
    errors = [claims.score(scenes_kernel.kernel_until(case, 4, 16, n)["image"], case) for n in (0, n_x // 2, n_x)]
    assert errors[2] < errors[0]


def test_pixel_by_pixel_ends_with_the_whole_picture(case):
    mask = sampling.equispaced(case.image.shape[-2:], 4)
    whole = scenes_unfolding.unfold_until(case, 4, case.image.shape[-1] // 4)
    torch.testing.assert_close(whole["image"], sense.unfold(mask * case.kspace, mask, case.maps))
    assert float(scenes_unfolding.unfold_until(case, 4, 1)["image"].abs().sum(-2).count_nonzero()) <= 4


def test_the_edge_of_the_field_is_a_rim_too(case):
    maps = coils.birdcage_maps(case.image.shape[-2:], len(case.maps))
    found = claims.rim_and_core(replace(case, maps=maps, kspace=fourier.fft2c(maps)))  # bright from edge to edge
    assert found["rim_region"][0, 1:-1].all() and not found["core_region"][0].any()


def test_where_nothing_beyond_four_can_be_unfolded_c10_says_so():
    few = cases.prepare(virtual(4))
    found = claims.knee(few)
    assert found["R"] == [2, 3, 4] and found["holds"] is None and found["steeper"] == {}
    assert not claims.can_tell(few, 5) and claims.can_tell(few, 4)


# What is drawn -----------------------------------------------------------------------------------------------------
def test_places_fold_where_the_picture_shows_them(case):
    row, x, y = scenes_elements.partners(case)
    n_x, inside = case.image.shape[-1], claims.head(case)
    assert y - x == n_x // 2 and inside[row, x] and inside[row, y]
    assert scenes_unfolding.folded_column(x, n_x, 2) == scenes_unfolding.folded_column(y, n_x, 2)
    spot = torch.zeros_like(case.image)
    spot[0, row, x] = 1
    pile = scenes_unfolding.scanner_field(
        fourier.ifft2c(sampling.equispaced(spot.shape[-2:], 2) * fourier.fft2c(spot)), 2
    )
    assert pile.abs()[0].argmax() == row * n_x + scenes_unfolding.folded_column(x, n_x, 2)
    assert pile.abs().sum() == pytest.approx(0.5, abs=1e-4)


def test_the_swapped_scan_looks_the_same_and_its_arrow_turns(case):
    turned = scenes.swapped(case)
    assert turned.phase_encoding != case.phase_encoding
    torch.testing.assert_close(turned.stand_up(turned.image), case.stand_up(case.image))
    assert scenes.swapped(turned).upright == case.upright


def test_the_abdomen_prefers_front_to_back_with_elements_in_front_and_behind():
    cost = [
        float(sense.g_factor(one.maps, 2)[0][metrics.foreground(one.image)].mean())
        for way in ("vertical", "horizontal")
        for one in [abdomen.draw(way, across=(0,))]
    ]
    assert cost[0] < 0.8 * cost[1]


def test_the_arc_is_a_copy_of_the_wall_and_the_dot_is_not():
    found, body = abdomen.after_a_breath(), abdomen.draw()
    still = abdomen.after_a_breath(breath_mm=0)
    wrong, right = ((one["image"] - body.truth).abs()[0] for one in (found, still))
    assert wrong[found["arc"]].mean() > 3 * right[found["arc"]].mean()
    assert not (found["arc"] & found["dot"]).any() and body.truth[0].abs()[found["dot"]].max() == pytest.approx(0.8)
