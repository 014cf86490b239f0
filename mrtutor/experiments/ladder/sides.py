"""Which methods stand on which side of the review's claims; one that is neither listed nor a network on none."""

from ...methods import METHODS, Trained

PARALLEL = ("CG-SENSE", "GRAPPA")
SPARSE = ("Wavelet CS", "TV CS", "Tuned CS")
NETWORKS = tuple(name for name, method in METHODS.items() if isinstance(method, Trained))
CLASSICAL = ("Zero-filled", *PARALLEL, *SPARSE)
FAMILIES = {"parallel imaging": PARALLEL, "compressed sensing": SPARSE, "networks": NETWORKS}
