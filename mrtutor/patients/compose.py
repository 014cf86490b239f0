"""The steps between a base head and a picture: tissue shares, their signals, unevenness, phase."""

import numpy as np

from . import anatomy, fields
from .heads import sample
from .tissue import TISSUES, brain_signal, signal

FATTY = ("fat", "marrow")
TEXTURE = {
    "white": (0.012, 0.030),
    "csf": (0.020, 0.030),
    "fat": (0.08, 0.06),
    "muscle": (0.08, 0.04),
}  # fine and coarse, relative
TEXTURE_OF_GREY = (0.022, 0.024)  # and of all others
BANDS_MM = {"fine": (1.2, 5.0), "coarse": (3.0, 12.0)}


def tissues(subject, y, x, height, middle, voxel, thickness_mm):
    """Tissue shares (tissue, y, x) averaged over the slice, extra R2 by iron (y, x) in 1/s, and two textures (y, x)."""
    shape = (y.size, x.size)
    grain = [
        fields.texture(lambda k, name=name: subject.rng(name, k), shape, voxel, height - middle, *band)
        for name, band in BANDS_MM.items()
    ]
    back, front, left, right = subject.extent(height)
    rows = np.flatnonzero((y > back - 6) & (y < front + 6))
    columns = np.flatnonzero((x > left - 6) & (x < right + 6))
    window = np.ix_(rows, columns)
    px, py, pz = subject.to_mni(y[rows], x[columns], height)
    artery, planes, total = anatomy.arteries(px, py, pz, subject.wander), max(1, round(thickness_mm)), 0.0
    for plane in range(planes):
        dz = np.float32((plane - (planes - 1) / 2) * thickness_mm / planes / subject.scale[2])
        t1, depth, globe, near = sample(subject.head, px, py, pz + dz)
        fold, flow = (
            anatomy.falx(px, pz, depth),
            np.maximum(artery, anatomy.vessels(px, py, pz, depth, grain[0][window])),
        )
        total = total + anatomy.shares(t1, depth, globe, near, fold, flow)
    whole, t2_loss = np.zeros((len(anatomy.SHARES), *shape), np.float32), np.zeros(shape, np.float32)
    whole[(slice(None), *window)] = total / planes
    t2_loss[window] = anatomy.iron(px, py, pz, t1) * subject.iron
    return whole, t2_loss, grain


def weigh(subject, tissues, t2_loss, sequence, fat_shift):
    """Complex noise-free image (y, x): every share times its tissue's signal; an average brain is 1."""
    greys = {t: signal(TISSUES[t], sequence) / brain_signal(sequence) * subject.water[t] for t in anatomy.SHARES}
    greys["blood"] = sequence.flow * greys["white"]
    mix = lambda names: sum(np.float32(abs(greys[t])) * tissues[anatomy.SHARES.index(t)] for t in names)
    water, fat = mix([t for t in anatomy.SHARES if t not in FATTY]), mix(FATTY)
    if fat_shift:
        whole = int(np.floor(fat_shift))
        fat = (1 - fat_shift + whole) * np.roll(fat, whole, 0) + (fat_shift - whole) * np.roll(fat, whole + 1, 0)
    r2 = 2.5 if sequence.kind == "gradient echo" else 1.0  # iron shortens T2* more than T2
    return water * np.exp(-sequence.te / 1000 * r2 * t2_loss) + fat * np.complex64(greys["fat"] / abs(greys["fat"]))


def unevenness(tissues, grain):
    """Relative signal variation (y, x): each tissue has its own amount of fine and coarse texture."""
    fine, coarse = (
        sum(
            np.float32(TEXTURE.get(t, TEXTURE_OF_GREY)[k]) * share
            for t, share in zip(anatomy.SHARES, tissues, strict=True)
        )
        for k in (0, 1)
    )
    return fine * grain[0] + coarse * grain[1]


def phase(subject, y, x, height, front, sequence):
    """Phase (y, x) in rad: within 1.5 from coils and eddy currents; on gradient echo also what off-resonance adds until
    TE.
    """
    angle = 1.5 * fields.smooth(subject.rng("phase"), y, x, height, bumps=3)
    if sequence.kind == "gradient echo":
        angle = angle + 2 * np.pi * sequence.te / 1000 * fields.off_resonance(subject.rng("field"), y, x, height, front)
    return angle.astype(np.float32)
