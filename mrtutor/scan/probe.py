"""A first look at a file from outside, in a process of its own.

The HDF5 library is written in C. A file that was damaged in certain places makes it loop for ever or crash, and the
notebook with it. So a file that nobody vouches for is opened once by a child process with a limit on time and memory;
only a file that the child survives is opened here.
"""

import math
import os
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 20.0  # of the processor; four times that on the clock, for a slow disk or a busy machine
HEADER_MB, SLICE_MB = 256, 4096  # what reading may take; a text of damaged length asks for gigabytes
_FULL = 3  # the child's way of saying that memory ran out
_HANGS = -24  # a child killed for its processor time: minus SIGXCPU
_survived: set = set()


def look_from_outside(path, i: int, axes: tuple[str, ...] | None = None) -> None:
    """Raises `ScanFileError` when reading the header or slice `i` hangs, crashes or eats all memory. Once per file."""
    from .formats import check_is_hdf5
    from .rules import ScanFileError

    check_is_hdf5(path)
    state = os.stat(path)
    key = (os.path.realpath(path), state.st_size, state.st_mtime_ns, axes)
    if key in _survived:
        return
    command = [sys.executable, "-P", str(Path(__file__)), os.path.abspath(path), str(i), str(PATIENCE_S), *(axes or ())]
    try:
        code = subprocess.run(command, timeout=4 * PATIENCE_S, stdin=subprocess.DEVNULL, capture_output=True).returncode
    except subprocess.TimeoutExpired:
        code = _HANGS
    if code == _HANGS:
        raise ScanFileError(
            path, "the file", f"be readable HDF5 within {PATIENCE_S:g} s", "damage on which the HDF5 library hangs"
        )
    if code == _FULL:
        rule = f"be readable within {HEADER_MB} MiB for its header and {SLICE_MB} MiB for a slice"
        raise ScanFileError(path, "the file", rule, "a claim of more")
    if code:
        raise ScanFileError(path, "the file", "be readable HDF5", "damage on which the HDF5 library crashes")
    _survived.add(key)


def _limits(megabytes: int, patience: float) -> None:
    """What the child may take beyond what it has, where the system can say: macOS the time, Windows neither."""
    try:
        import resource

        for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, math.ceil(patience))):
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ImportError, ValueError, OSError):
        pass


def _child(path: str, i: int, patience: float, axes: tuple[str, ...] | None) -> None:
    """Read everything once, without torch. A broken rule is no concern of the child: the parent will find it."""
    import types

    package = types.ModuleType("mrscan")  # the files beside this one, without the package above them
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules["mrscan"] = package
    from mrscan import attributes, contents, hdf5, relatives, rules

    _limits(HEADER_MB, patience)
    try:
        file = hdf5.open_hdf5(path)
        kspace, how = relatives.find_kspace(path, file, axes)
        hdf5.check_storage(path, kspace, "kspace")
        attributes.attributes(path, file)
        contents.header(path, file)
        _limits(SLICE_MB, patience)
        contents.mask(path, file, (how.sizes["y"], how.sizes["x"]))
        reference = contents.reference(path, file, how.sizes["slice"])
        i = min(max(i, 0), how.sizes["slice"] - 1)
        contents.kspace_slice(path, kspace, i, how)
        contents.neighbours(path, kspace, how)
        contents.middle(path, kspace, how)
        if reference is not None:
            contents.reference_slice(path, reference, i)
    except rules.ScanFileError as error:
        if rules.out_of_memory(error):
            os._exit(_FULL)


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), tuple(sys.argv[4:]) or None)
    os._exit(0)  # without the library's own tidying up
