"""What one move of a live widget costs the kernel: `compare` beside ipywidgets.interact with matplotlib's imshow. Goal:
30 times less.

Both show the same three panes of 16 coils x 128 x 128 (zero-filled RSS, k-space, error) at a new acceleration each
time. `explore` shows the same without any kernel at all.
"""

import statistics
import time

import torch
from cases import scaled

from mrtutor.coils import birdcage_maps, rss
from mrtutor.fourier import PLANE, fft2c
from mrtutor.sampling import equispaced
from mrtutor.scan import Scan
from mrtutor.widgets import compare, image


def example() -> Scan:
    """16 coils, 128 x 128."""
    maps = birdcage_maps((128, 128), 16)
    picture = torch.rand(1, 128, 128, generator=torch.Generator().manual_seed(0)).to(torch.complex64)
    kspace = scaled(fft2c(maps * picture))
    return Scan(kspace=kspace, mask=torch.ones(1, 128, 128, dtype=torch.bool), maps=maps)


def three_panes(scan: Scan, acceleration: int) -> dict[str, torch.Tensor]:
    """Zero-filled RSS, log k-space of one coil, error: what both ways must compute.

    A magnitude does not see the shift of k-space, so only the combined picture is moved to the middle.
    """
    measured = equispaced((128, 128), acceleration) * scan.kspace
    zero_filled = torch.fft.fftshift(rss(torch.fft.ifft2(measured, norm="ortho")), dim=PLANE)
    return {"Zero-filled": zero_filled, "k-space": measured[0].abs(), "Error": (zero_filled - scan.rss).abs()}


def time_moves(move, n: int = 20) -> float:
    """Median seconds of a move."""
    move(1)
    times = []
    for i in range(n):
        begun = time.perf_counter()
        move(2 + i % 7)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def usual_way(scan: Scan):
    """interact: a figure with three imshow panes, made and turned into a PNG at every move."""
    import matplotlib

    matplotlib.use("agg")
    import io

    from matplotlib import pyplot

    def move(acceleration):
        panes = three_panes(scan, acceleration)
        figure, axes = pyplot.subplots(1, 3, figsize=(12, 4))
        for axis, (name, picture) in zip(axes, panes.items(), strict=True):
            axis.imshow(picture.squeeze().log1p() if name == "k-space" else picture.squeeze(), cmap="gray")
            axis.set_title(name)
            axis.axis("off")
        figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")  # what the inline backend sends
        pyplot.close(figure)

    return move


def our_way(scan: Scan):
    """The bytes that a live `compare` sends for a position never seen before."""
    kinds = {"Zero-filled": "magnitude", "k-space": "kspace", "Error": "error"}
    seen = iter(range(10**6))

    def function(acceleration, draw):
        return {name: image(array, kinds[name]) for name, array in three_panes(scan, acceleration).items()}

    view = compare(function, {"acceleration": list(range(1, 9)), "draw": list(range(64))}, scan=scan, alt="three panes")
    return lambda acceleration: view.answer({"acceleration": acceleration, "draw": next(seen)})


def main() -> float:
    """Print the table; return how many times less kernel time. One thread: a busy machine then slows both alike."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    scan = example()
    _ = scan.rss  # computed once, not timed
    usual, ours = time_moves(usual_way(scan)), time_moves(our_way(scan))
    torch.set_num_threads(threads)
    print(
        f"interact + imshow   {1e3 * usual:7.1f} ms a move\ncompare (live)      {1e3 * ours:7.1f} ms a "
        f"move\nexplore             {0:7.1f} ms a move (computed in the page)"
    )
    print(f"ratio               {usual / ours:7.1f}   (goal: 30)")
    return usual / ours


if __name__ == "__main__":
    main()
