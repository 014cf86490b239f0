"""Feedback on the coders' exercises: run the function, print one line that helps, say whether it is solved."""

from .coils import check_price, check_unfold
from .coils_kernel import check_calibrate, windows
from .consistency import check_hard_dc, check_one_round
from .kspace import check_folded, check_true_acceleration
from .sparsity import check_keep, check_shrink
from .start import check_scan_seconds, check_share_measured, check_share_supplied, check_zero_filled

__all__ = [
    "check_calibrate",
    "check_folded",
    "check_hard_dc",
    "check_keep",
    "check_one_round",
    "check_price",
    "check_scan_seconds",
    "check_share_measured",
    "check_share_supplied",
    "check_shrink",
    "check_true_acceleration",
    "check_unfold",
    "check_zero_filled",
    "windows",
]
