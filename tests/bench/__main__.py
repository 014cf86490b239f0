"""The benchmark tables: `make bench`, or `python tests/bench grappa widgets` for some of them.

Ratios in one run, beside what a user would pick instead. Nothing here passes or fails: the numbers are for reading.
"""

import importlib
import sys

import torch

TABLES = {
    "grappa": "GRAPPA beside pygrappa",
    "sense": "CG-SENSE beside sigpy; g-factor beside a pseudo-replica",
    "sparse": "wavelet compressed sensing beside sigpy and BART",
    "growth": "how each method's time grows with matrix and coils",
    "learned": "every method on held-out virtual patients and the real brain",
    "realism": "virtual patients beside the real brain",
    "training_step": "a forward pass and a training step beside fastMRI's U-Net and deepinv's VarNet and MoDL",
    "widget_time": "kernel time of a live widget beside interact and imshow",
}


def main() -> None:
    chosen = sys.argv[1:] or list(TABLES)
    unknown = set(chosen) - set(TABLES)
    if unknown:
        sys.exit(f"tables are {', '.join(TABLES)}; got {', '.join(sorted(unknown))}")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name in chosen:
        print(f"\n## {TABLES[name]}\n", flush=True)
        importlib.import_module(name).main()


if __name__ == "__main__":
    main()
