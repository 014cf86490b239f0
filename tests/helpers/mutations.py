"""Wrong files for the tests of `scan`: each kind of mistake with its sentence, and random damage to bytes."""

import random

import h5py
import numpy as np

SHAPE = (2, 3, 16, 12)  # slice, coil, y, x
HEADER = (
    '<?xml version="1.0"?><ismrmrdHeader xmlns="http://www.ismrm.org/ISMRMRD"><encoding><encodedSpace>'
    "<matrixSize><x>16</x><y>12</y><z>1</z></matrixSize><fieldOfView_mm><x>200</x><y>100</y><z>5</z></fieldOfView_mm>"
    "</encodedSpace></encoding></ismrmrdHeader>"
)
LAYOUTS = {
    "contiguous": {},
    "gzip": {"chunks": (1, 1, 16, 12), "compression": "gzip", "shuffle": True},
    "checksum": {"chunks": (1, 3, 8, 12), "compression": "gzip", "fletcher32": True},
}


def kspace(seed: int = 0, mask=None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    data = (rng.standard_normal(SHAPE) + 1j * rng.standard_normal(SHAPE)).astype(np.complex64)
    return data if mask is None else data * mask


def good(
    path,
    layout: str = "contiguous",
    mask: bool = False,
    single: bool = False,
    latest: bool = False,
    header: bool = False,
) -> np.ndarray:
    """A correct file; returns its k-space (slice, coil, y, x)."""
    lines = np.arange(12) % 11 != 0
    data = kspace(0, lines if mask else None)
    how = dict(LAYOUTS[layout])
    if single:
        data = data[:, :1]
        how.pop("chunks", None)
    with h5py.File(path, "w", libver="latest" if latest else "earliest") as file:
        file.create_dataset("kspace", data=data[:, 0] if single else data, **how)
        file["reconstruction_rss"] = np.ones((2, 16, 12), np.float32)
        if mask:
            file["mask"] = lines
        if header:
            file["ismrmrd_header"] = HEADER
        file.attrs.update(
            {
                "acquisition": "AXT2",
                "max": 1.5,
                "patient_id": "x",
                "bytes": np.bytes_(b"fixed"),
                "list": [1, 2],
                "texts": ["a", "b"],
                "flag": True,
            }
        )
    return data


def _again(file, data=None, name: str = "kspace", **how):
    """Another dataset of that name; with kspace go the mask and the reference picture, which would not fit."""
    for old in (name, "reconstruction_rss", "mask") if name == "kspace" else (name,):
        if old in file:
            del file[old]
    return file.create_dataset(name, data=data, **how)


def _poke(value, place=(1, 2, 3, 4)):
    def change(file):
        file["kspace"][place] = value

    return change


def _huge_text(file):
    file.attrs.create("novel", "x" * 70_000)


def _external(file):
    del file["kspace"]
    file["kspace"] = h5py.ExternalLink("/etc/passwd", "/kspace")


def _soft(file):
    file.move("kspace", "elsewhere")
    file["kspace"] = h5py.SoftLink("/elsewhere")


def _virtual(file):
    layout = h5py.VirtualLayout(SHAPE, np.complex64)
    layout[:] = h5py.VirtualSource("other.h5", "kspace", SHAPE)
    del file["kspace"]
    file.create_virtual_dataset("kspace", layout)


def _outside(file):
    del file["kspace"]
    file.create_dataset("kspace", SHAPE, np.complex64, external=[("/etc/passwd", 0, 10**6)])


def _group(file):
    del file["kspace"]
    file.create_group("kspace")


def _bomb(file):
    """Blocks that say they are 1.5 kB and unpack to 4 MB."""
    import zlib

    data = _again(file, None, shape=SHAPE, dtype=np.complex64, chunks=(1, 1, 16, 12), compression="gzip")
    for i in range(2):
        for c in range(3):
            data.id.write_direct_chunk((i, c, 0, 0), zlib.compress(b"\1" * 2**22))


def _swollen(file):
    data = _again(file, None, shape=SHAPE, dtype=np.complex64, chunks=(1, 1, 16, 12), compression="gzip")
    data.id.write_direct_chunk((0, 0, 0, 0), bytes(20_000))


def _short_block(file):
    import zlib

    data = _again(file, kspace(), chunks=(1, 1, 16, 12), compression="gzip")
    data.id.write_direct_chunk((0, 0, 0, 0), zlib.compress(kspace()[0, 0].tobytes())[:-200])


def _many_attributes(file):
    for i in range(300):
        file.attrs[f"a{i}"] = i


def _latin(file):
    file.attrs.create("name", np.bytes_("M\xfcller".encode("latin-1")))


def _latin_text(file):
    file.attrs.create("name", b"M\xfcller", dtype=h5py.string_dtype("utf-8"))


def _reference(file):
    file.attrs["pointer"] = file["kspace"].ref


def _empty_dataset(file):
    del file["kspace"]
    file["kspace"] = h5py.Empty(np.complex64)


# name -> (what to do to a correct file, the sentence it must get; "FILE: " stands before it)
STRUCTURAL = {
    "no kspace": (lambda f: f.move("kspace", "k"), r"the file must hold a dataset named kspace, got .*'k'.*"),
    "kspace is a group": (_group, r"kspace must be a dataset, got a group\."),
    "kspace elsewhere": (_external, r"kspace must lie in the file itself, got an external link\."),
    "kspace by soft link": (_soft, r"kspace must lie in the file itself, got a soft link\."),
    "virtual kspace": (_virtual, r"kspace must lie in the file itself, got a virtual dataset that points elsewhere\."),
    "outside storage": (_outside, r"kspace must lie in the file itself, got storage in another file\."),
    "null dataspace": (_empty_dataset, r"kspace must hold numbers, got an empty dataset without axes\."),
    "rank 0": (lambda f: _again(f, np.complex64(1)), r"kspace must have the axes .*, got 0 axes \(\)\."),
    "rank 2": (lambda f: _again(f, kspace()[0, 0]), r"kspace must have the axes .*, got 2 axes \(16, 12\)\."),
    "rank 5": (lambda f: _again(f, kspace()[None]), r"kspace must have the axes .*, got 5 axes .*"),
    "real numbers": (lambda f: _again(f, kspace().real), r"kspace must be complex64 or complex128 .*, got float32\."),
    "text": (
        lambda f: _again(f, np.full(SHAPE, b"<script>")),
        r"kspace must be complex64 or complex128 .*, got \|S8\.",
    ),
    "no slices": (
        lambda f: _again(f, kspace()[:0]),
        r"kspace must have 1 or more along slice, got 0 in shape \(0, 3, 16, 12\)\.",
    ),
    "no coils": (lambda f: _again(f, kspace()[:, :0]), r"kspace must have 1 or more along coil, got 0 in shape .*"),
    "empty y": (lambda f: _again(f, kspace()[:, :, :0]), r"kspace must have 1 or more along y, got 0 in shape .*"),
    "empty x": (lambda f: _again(f, kspace()[..., :0]), r"kspace must have 1 or more along x, got 0 in shape .*"),
    "absurd y": (
        lambda f: _again(f, shape=(1, 1, 10**9, 16), dtype="c8", chunks=(1, 1, 64, 16)),
        r"kspace must have at most 8192 along y, got 1000000000 in shape .*",
    ),
    "absurd x": (
        lambda f: _again(f, shape=(1, 1, 16, 10**9), dtype="c8", chunks=(1, 1, 16, 64)),
        r"kspace must have at most 8192 along x, got 1000000000 in shape .*",
    ),
    "absurd coils": (
        lambda f: _again(f, shape=(1, 10**6, 16, 16), dtype="c8", chunks=(1, 1, 16, 16)),
        r"kspace must have at most 1024 along coil, got 1000000 in shape .*",
    ),
    "absurd slices": (
        lambda f: _again(f, shape=(10**8, 1, 16, 16), dtype="c8", chunks=(1, 1, 16, 16)),
        r"kspace must have at most 100000 along slice, got .*",
    ),
    "absurd slice": (
        lambda f: _again(f, shape=(1, 64, 8192, 8192), dtype="c8", chunks=(1, 1, 64, 64)),
        r"kspace must have slices of at most 1024 MiB, got 32768 MiB in shape .*",
    ),
    "nothing written": (
        lambda f: _again(f, shape=SHAPE, dtype="c8"),
        r"kspace must hold its data, got a header that declares 9216 bytes and none written\.",
    ),
    "hardly anything written": (
        lambda f: _again(f, shape=(9000, 3, 16, 12), dtype="c8", chunks=(1, 1, 4, 4)).__setitem__((0, 0, 0, 0), 1),
        r"kspace must hold the bytes its header declares \(compressed at most 1100 times\), got 41472000 "
        r"declared and 128 stored\.",
    ),
    "unknown filter": (
        lambda f: _again(f, kspace(), chunks=(1, 1, 16, 12), compression="lzf"),
        r"kspace must be stored plain or with gzip, shuffle and fletcher32, got filters \[32000\]\.",
    ),
    "too many blocks": (
        lambda f: _again(f, shape=(1, 2, 256, 256), dtype="c8", chunks=(1, 1, 1, 1)).__setitem__((0, 0, 0), 1),
        r"kspace must have at most 65536 blocks a slice, got 131072 .*",
    ),
    "bomb": (_bomb, r"kspace must unpack to its declared 1536 bytes a block, got a block that grows beyond them\."),
    "swollen block": (_swollen, r"kspace must pack its 1536 bytes a block into at most 5647, got 20000\."),
    "cut block": (_short_block, r"kspace must unpack to its declared 1536 bytes a block, got \d+ bytes\."),
    "NaN": (_poke(np.nan), r"kspace must hold finite numbers, got \(nan.* at slice 1, coil 2, y 3, x 4\."),
    "Inf": (_poke(np.inf), r"kspace must hold finite numbers, got \(inf.* at slice 1, coil 2, y 3, x 4\."),
    "too large for complex64": (
        lambda f: _again(f, kspace().astype("c16") * 1e300),
        r"kspace must hold finite numbers, got .*inf.*",
    ),
    "too large to be squared": (_poke(1e20), r"kspace must have its largest number in .*, got 1e\+20 in slice 1\."),
    "too small to be squared": (
        lambda f: _again(f, kspace() * np.float32(1e-30)),
        r"kspace must have its largest number in 1e-15\.\.1e\+15, .*, got .*e-30 in slice 0\.",
    ),
    "all zeros": (_poke(0, np.s_[1]), r"kspace must hold a signal, got zeros everywhere in slice 1\."),
    "mask too short": (
        lambda f: _again(f, np.ones(11, bool), "mask"),
        r"mask must have the axes \(x\) = \(12,\) or \(y, x\) = \(16, 12\) of kspace, got \(11,\)\.",
    ),
    "mask transposed": (
        lambda f: _again(f, np.ones((12, 16), bool), "mask"),
        r"mask must have the axes .*, got \(12, 16\)\.",
    ),
    "mask not binary": (lambda f: _again(f, np.arange(12) * 0.5, "mask"), r"mask must hold only 0 and 1, got 0\.5\."),
    "mask NaN": (lambda f: _again(f, np.full(12, np.nan), "mask"), r"mask must hold only 0 and 1, got nan\."),
    "mask of text": (
        lambda f: _again(f, np.full(12, b"1"), "mask"),
        r"mask must be bool or numbers 0 and 1, got type \|S1\.",
    ),
    "mask empty": (
        lambda f: _again(f, np.zeros(12, bool), "mask"),
        r"mask must measure at least one sample, got zeros everywhere\.",
    ),
    "mask against kspace": (
        lambda f: _again(f, np.arange(12) != 5, "mask"),
        r"kspace must be zero where mask says that nothing was measured, got .* x 5\.",
    ),
    "mask elsewhere": (
        lambda f: f.__setitem__("mask", h5py.ExternalLink("m.h5", "mask")),
        r"mask must lie in the file itself, got an external link\.",
    ),
    "rss NaN": (
        lambda f: _again(f, np.full((2, 16, 12), np.nan, "f4"), "reconstruction_rss"),
        r"reconstruction_rss must hold finite numbers, got NaN or Inf in slice 0\.",
    ),
}


def _compound(file):
    file.attrs["protocol"] = np.array([(1.0, 2)], [("TE", "f8"), ("n", "i4")])


def _ragged(file):
    file.attrs.create("ragged", np.array([np.arange(3), np.arange(5)], object), dtype=h5py.vlen_dtype(np.int32))


def _enum(file):
    file.attrs.create("contrast", 1, dtype=h5py.enum_dtype({"T1": 0, "T2": 1}))


def _elsewhere(name):
    return lambda file: file.__setitem__(name, h5py.ExternalLink("/etc/passwd", "/a"))


def _header(value):
    return lambda file: _again(file, value, "ismrmrd_header")


def _header_group(file):
    file.create_group("ismrmrd_header/inside")


def _header_huge(file):
    _header("<a>" + "x" * 2**21 + "</a>")(file)


def _pictures_packed_oddly(file):
    _again(file, np.ones((2, 16, 12), "f4"), "reconstruction_rss", compression="lzf", chunks=(1, 16, 12))


def _another_packed_oddly(file):
    file.create_dataset("noise", data=np.ones((2, 16), "f4"), compression="lzf", chunks=(1, 16))
    file["opaque"] = np.void(b"123")
    file["more"] = h5py.SoftLink("/nowhere")


# name -> (what to do to a correct file, the warning it must give: "FILE: " stands before it; None: no word).
# The file is read all the same: what is optional never refuses it.
IGNORED = {
    "novel in an attribute": (_huge_text, None),
    "novel in the label": (
        lambda f: f.attrs.create("label", "x" * 70_000),
        r"attribute 'label' is ignored: it must be at most 65536 bytes, got 70000\.",
    ),
    "many attributes": (_many_attributes, None),
    "Latin-1 bytes": (_latin, None),
    "Latin-1 text": (_latin_text, None),
    "pointer in an attribute": (_reference, None),
    "compound attribute": (_compound, None),
    "ragged attribute": (_ragged, None),
    "enum attribute": (_enum, None),
    "label that is a pointer": (
        lambda f: f.attrs.create("label", f["kspace"].ref),
        r"attribute 'label' is ignored: it must be text or numbers, got HDF5 type class 7\.",
    ),
    "unknown way up": (
        lambda f: f.attrs.create("upright", "__import__('os').abort()"),
        r"attribute 'upright' is ignored: it must be one of as is, .*, got .*__import__.*",
    ),
    "ways up": (
        lambda f: f.attrs.create("upright", ["as is", "flip x"]),
        r"attribute 'upright' is ignored: it must be one of as is, .*, got .*",
    ),
    "unknown letters": (
        lambda f: f.attrs.create("letters", "A,L,P,<b>"),
        r"attribute 'letters' is ignored: it must be four of R, L, A, P, H, F or nothing, .*, got 'A,L,P,<b>'\.",
    ),
    "impossible voxel": (
        lambda f: f.attrs.create("voxel_mm", [1.0, np.inf]),
        r"attribute 'voxel_mm' is ignored: it must be two sizes \(y, x\) in mm .*, got '\[1\.0, inf\]'\.",
    ),
    "rss of other slices": (
        lambda f: _again(f, np.ones((3, 16, 12), "f4"), "reconstruction_rss"),
        r"reconstruction_rss is ignored: it must have the axes \(slice, y, x\) .*, got \(3, 16, 12\)\.",
    ),
    "rss complex": (
        lambda f: _again(f, np.ones((2, 16, 12), "c8"), "reconstruction_rss"),
        r"reconstruction_rss is ignored: it must be real floating-point numbers, got complex64\.",
    ),
    "rss packed oddly": (_pictures_packed_oddly, r"reconstruction_rss is ignored: it must be stored plain or .*"),
    "further datasets": (_another_packed_oddly, None),
    "header of numbers": (
        _header(np.ones(3)),
        r"ismrmrd_header is ignored: it must be one text of at most 1048576 bytes, got float64 \(3,\)\.",
    ),
    "header of bytes": (_header(np.frombuffer(HEADER.encode(), np.uint8)), None),
    "header is a group": (_header_group, r"ismrmrd_header is ignored: it must be a dataset, got a group\."),
    "header elsewhere": (
        _elsewhere("ismrmrd_header"),
        r"ismrmrd_header is ignored: it must lie in the file itself, got an external link\.",
    ),
    "huge header": (_header_huge, r"ismrmrd_header is ignored: it must be one text of at most .*, got \d+ bytes\."),
    "header with entities": (
        _header("<!DOCTYPE a [" + '<!ENTITY b "ha">' * 2 + "]><ismrmrdHeader>&b;</ismrmrdHeader>"),
        r"ismrmrd_header is ignored: it must be plain XML, got XML with a DOCTYPE, .*",
    ),
    "header of no XML": (_header("<a><b>"), r"ismrmrd_header is ignored: it must be plain XML, got text that is .*"),
    "header without end": (_header("<a>" * 9999), r"ismrmrd_header is ignored: it must be plain XML, got XML of .*"),
}

WORDS = (0, 1, 64, 0xFF, 4096, 0xFFFF, 2**31 - 1, 2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**64 - 1)


def damage(seed: int, originals: list[bytes]) -> bytes:
    """Random damage to one of the files: bits, bytes, numbers, holes, cuts, copies; half of it near the headers."""
    r = random.Random(seed)
    data = bytearray(r.choice(originals))
    n = len(data)
    place = lambda: r.randrange(n if r.random() < 0.5 else min(n, 2048))
    kind = r.choice(("bit", "bytes", "numbers", "cut", "hole", "copy", "insert"))
    if kind == "bit":
        data[place()] ^= 1 << r.randrange(8)
    elif kind == "bytes":
        for _ in range(r.randrange(2, 40)):
            data[place()] = r.randrange(256)
    elif kind == "numbers":
        for _ in range(r.randrange(1, 4)):
            width, start = r.choice((1, 2, 4, 8)), place()
            data[start : start + width] = (r.choice(WORDS) % 256**width).to_bytes(width, "little")
    elif kind == "cut":
        del data[r.randrange(n) :]
    elif kind == "hole":
        start, length = place(), r.randrange(1, 300)
        data[start : start + length] = bytes(min(length, n - start))
    elif kind == "copy":
        start, other, length = place(), place(), r.randrange(1, 200)
        data[start : start + length] = data[other : other + length]
    else:
        start = place()
        data[start:start] = r.randbytes(r.randrange(1, 64))
    return bytes(data)
