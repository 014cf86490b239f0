"""The benchmark tables: `make bench`, or `make bench TABLES="grappa busy"` for some of them.

Ratios in one run, beside what a user would pick instead. Nothing here passes or fails: the numbers are for reading.
"""

import importlib
import sys
import traceback

import torch

TABLES = {  # name: (minutes on two quiet cores, what it shows)
    "grappa": (1, "GRAPPA beside pygrappa"),
    "sense": (2, "CG-SENSE beside sigpy; g-factor beside a pseudo-replica"),
    "sparse": (2, "wavelet compressed sensing beside sigpy and BART"),
    "growth": (10, "how each method's time grows with matrix and coils"),
    "busy": (5, "every classical method and U-Net beside two busy processes"),
    "maps": (2, "coil maps from few lines beside sigpy's ESPIRiT, against both references"),
    "learned": (10, "every method on held-out virtual patients and the real brain"),
    "realism": (1, "virtual patients beside the real brain"),
    "training_step": (3, "a forward pass and a training step beside fastMRI's U-Net and deepinv's VarNet and MoDL"),
    "widget_time": (1, "kernel time of a live widget beside interact and imshow"),
}


def main() -> int:
    """Print the chosen tables; 1 where one could not be made."""
    chosen = sys.argv[1:] or list(TABLES)
    unknown = set(chosen) - set(TABLES)
    if unknown:
        sys.exit(f"tables are {', '.join(TABLES)}; got {', '.join(sorted(unknown))}")
    minutes = sum(TABLES[name][0] for name in chosen)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; about {minutes} minutes on two quiet cores")
    missed = []
    for name in chosen:
        print(f"\n## {TABLES[name][1]}\n", flush=True)
        try:
            importlib.import_module(name).main()
        except ImportError as error:
            missed.append(name)
            print(f"{name} needs {error.name}: pip install -c constraints.txt -e .[reference,bench]", flush=True)
        except Exception:
            missed.append(name)
            traceback.print_exc()
    if missed:
        print(f"\nNot made: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
