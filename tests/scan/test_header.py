"""Headers are parsed and compared with the array; a voxel is called known only where both agree."""

import h5py
import numpy as np
import pytest

from mrtutor import scan
from mrtutor.scan import ScanFileWarning
from mrtutor.scan.header import HeaderError, voxel_of

NS = 'xmlns="http://www.ismrm.org/ISMRMRD"'


def space(name: str, n: tuple, field: tuple) -> str:
    sizes = "".join(f"<{axis}>{v}</{axis}>" for axis, v in zip("xyz", (*n, 1), strict=True))
    fields = "".join(f"<{axis}>{v}</{axis}>" for axis, v in zip("xyz", (*field, 5), strict=True))
    return f"<{name}><matrixSize>{sizes}</matrixSize><fieldOfView_mm>{fields}</fieldOfView_mm></{name}>"


def encoding(encoded=None, recon=None, more: str = "") -> str:
    parts = (("encodedSpace", encoded), ("reconSpace", recon))
    return "<encoding>" + "".join(space(name, *what) for name, what in parts if what) + more + "</encoding>"


def header(*encodings: str, root: str = f"ismrmrdHeader {NS}", before: str = "") -> bytes:
    return f"{before}<{root}>{''.join(encodings)}</{root.split()[0]}>".encode()


PLAIN = header(encoding(((64, 48), (320, 240)), ((32, 48), (160, 240))))
KNEE = header(encoding(((640, 368), (280, 162.8)), ((320, 320), (140, 140))))
LEGAL = {
    "as it is": PLAIN,
    "declaration": b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n' + PLAIN,
    "byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?>'.encode("utf-16") + PLAIN.decode().encode("utf-16")[2:],
    "Latin-1": '<?xml version="1.0" encoding="ISO-8859-1"?><!-- Müller -->'.encode("latin-1") + PLAIN,
    "says UTF-16, is UTF-8": b'<?xml version="1.0" encoding="UTF-16"?>' + PLAIN,
    "no namespace": PLAIN.replace(f" {NS}".encode(), b""),
    "prefix": PLAIN.replace(b"</", b"<#")
    .replace(b"<", b"<i:")
    .replace(b"<i:#", b"</i:")
    .replace(b"xmlns=", b"xmlns:i="),
    "white space": PLAIN.replace(b">", b" >\n\t").replace(b"<x >\n\t", b"<x>  "),
    "attributes": PLAIN.replace(b"<x>", b"<x unit='mm' y=\"&lt;x&gt;9\">"),
    "comments": PLAIN.replace(b"<encodedSpace>", b"<!-- <encodedSpace><matrixSize><x>9</x> --><encodedSpace>").replace(
        b"64", b"6<!-- 9 -->4"
    ),
    "CDATA": PLAIN.replace(b"<x>64</x>", b"<x><![CDATA[64]]></x>"),
    "character reference": PLAIN.replace(b"<x>64</x>", b"<x>&#54;&#x34;</x>"),
    "other order": header(
        "<encoding><encodedSpace><fieldOfView_mm><z>5</z><y>240</y><x>3.2e2</x></fieldOfView_mm>"
        "<matrixSize><z>1</z><y>48</y><x>64</x></matrixSize></encodedSpace></encoding>"
    ),
    "other elements": PLAIN.replace(b"<encoding>", b"<studyInformation><x>1</x></studyInformation><encoding>").replace(
        b"</encoding>", b"<parallelImaging><x>2</x></parallelImaging></encoding>"
    ),
    "words that look like a header": PLAIN.replace(
        b"<encoding>",
        b"<userParameters><encodedSpace><matrixSize><x>9</x></matrixSize></encodedSpace>"
        b"<name>&lt;encodedSpace&gt;</name></userParameters><encoding>",
    ),
    "another vocabulary": PLAIN.replace(
        b"<encoding>",
        b'<encoding><o:encodedSpace xmlns:o="urn:o"><o:matrixSize><o:x>9</o:x></o:matrixSize></o:encodedSpace>',
    ),
    "second encoding fits": header(
        encoding(((32, 32), (100, 100))), encoding(((64, 48), (320, 240))), encoding(((64, 48), (1, 1)))
    ),
    "cartesian": header(encoding(((64, 48), (320, 240)), more="<trajectory>cartesian</trajectory>")),
}


@pytest.mark.parametrize("name", LEGAL)
def test_any_legal_way_to_write_it(name):
    assert voxel_of(LEGAL[name], (64, 48)) == (5.0, 5.0)


FITS = {
    "fastMRI knee": (KNEE, (640, 368), (280 / 640, 162.8 / 368)),
    "oversampling cut off": (header(encoding(((64, 48), (320, 240)), ((32, 48), (160, 240)))), (32, 48), (5.0, 5.0)),
    "zero-filled to the recon matrix": (
        header(encoding(((64, 48), (256, 192)), ((128, 96), (256, 192)))),
        (128, 96),
        (2.0, 2.0),
    ),
    "rows and columns changed places": (PLAIN, (48, 64), (5.0, 5.0)),
    "oblong voxel, changed places": (header(encoding(((64, 48), (320, 480)))), (48, 64), (10.0, 5.0)),
}


@pytest.mark.parametrize("name", FITS)
def test_headers_that_fit(name):
    text, shape, voxel = FITS[name]
    assert voxel_of(text, shape) == pytest.approx(voxel)


DOUBTFUL = {
    "cropped, nothing else said": (header(encoding(((64, 48), (320, 240)))), (32, 48)),
    "knee cut to a square": (KNEE, (320, 320)),
    "another matrix": (KNEE, (640, 372)),
    "recon of another field and matrix": (header(encoding(((64, 48), (320, 240)), ((48, 48), (160, 240)))), (48, 48)),
    "two fields for one matrix": (header(encoding(((64, 48), (320, 240)), ((64, 48), (160, 240)))), (64, 48)),
    "no matrix": (PLAIN.replace(b"matrixSize", b"matrix"), (64, 48)),
    "half a matrix": (PLAIN.replace(b"<y>48</y>", b""), (64, 48)),
    "no encoded space": (header(encoding(None, ((64, 48), (320, 240)))), (64, 48)),
    "spiral": (header(encoding(((64, 48), (320, 240)), more="<trajectory>spiral</trajectory>")), (64, 48)),
    "two matrices": (header(encoding(((64, 48), (320, 240)), more=space("encodedSpace", (9, 9), (9, 9)))), (64, 48)),
    "zero": (PLAIN.replace(b"320", b"0"), (64, 48)),
    "negative": (PLAIN.replace(b"320", b"-320"), (64, 48)),
    "NaN": (PLAIN.replace(b"320", b"NaN"), (64, 48)),
    "infinite": (PLAIN.replace(b"320", b"INF"), (64, 48)),
    "underscore": (PLAIN.replace(b"320", b"3_20"), (64, 48)),
    "comma": (PLAIN.replace(b"320", b"320,0"), (64, 48)),
    "element inside a number": (PLAIN.replace(b"320", b"3<b/>20"), (64, 48)),
    "matrix in the next element": (
        header("<encoding><encodedSpace></encodedSpace>" + space("reconSpace", (64, 48), (320, 240)) + "</encoding>"),
        (64, 48),
    ),
    "commented out": (header("<!--" + encoding(((64, 48), (320, 240))) + "-->"), (64, 48)),
    "root of another kind": (header(encoding(((64, 48), (320, 240))), root="other"), (64, 48)),
    "empty": (header(), (64, 48)),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_leaves_a_doubt_is_not_known(name):
    assert voxel_of(*DOUBTFUL[name]) is None


HOSTILE = {
    "billion laughs": b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(20))
    + b"]><ismrmrdHeader>&u;</ismrmrdHeader>",
    "external entity": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><ismrmrdHeader>&a;</ismrmrdHeader>',
    "external DTD": b'<!DOCTYPE l SYSTEM "http://127.0.0.1/x.dtd"><ismrmrdHeader/>',
    "deep": b"<a>" * 100_000,
    "deep and closed": b"<a>" * 100_000 + b"</a>" * 100_000,
    "wide": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "attributes": b"<a " + b" ".join(b'b%d="1"' % i for i in range(80_000)) + b"/>",
    "encodings": header(*["<encoding/>"] * 1000),
    "not closed": PLAIN[:-5],
    "two roots": PLAIN + PLAIN,
    "unknown entity": PLAIN.replace(b"64", b"&nix;"),
    "unknown letters": b'<?xml version="1.0" encoding="klingon"?><\xff\xfe',
    "binary": bytes(range(256)),
    "zeros inside": PLAIN[:50] + bytes(7) + PLAIN[50:],
    "no prefix declared": b"<i:ismrmrdHeader/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers_are_refused_at_once(name):
    with pytest.raises(HeaderError):
        voxel_of(HOSTILE[name], (64, 48))


def save(path, shape=(2, 64, 48), attributes=(), **more):
    rng = np.random.default_rng(0)
    data = rng.standard_normal((1, *shape)) + 1j * rng.standard_normal((1, *shape))
    with h5py.File(path, "w") as file:
        file["kspace"] = data.astype(np.complex64)
        file.attrs.update(dict(attributes))
        for name, value in more.items():
            file[name] = value
    return path


@pytest.mark.parametrize("name", [*HOSTILE, "huge"])
def test_a_file_with_a_hostile_header_is_read_without_it(name, tmp_path):
    text = HOSTILE[name] if name in HOSTILE else b"<a " + b'b="1" ' * 2_000_000 + b"/>"
    path = save(tmp_path / "a.h5", ismrmrd_header=np.frombuffer(text, np.uint8))  # bytes keep every zero
    with pytest.warns(ScanFileWarning, match="a.h5: ismrmrd_header is ignored: it must be .*, got "):
        s = scan.read(path)
    assert s.voxel_mm == (1.0, 1.0) and not s.voxel_known


@pytest.mark.parametrize("stored", ["text", "fixed", "in a list", "bytes", "UTF-16"])
def test_any_way_to_store_it(stored, tmp_path):
    text = LEGAL["UTF-16"] if stored == "UTF-16" else PLAIN
    value = {
        "text": text.decode("utf-16" if stored == "UTF-16" else "utf-8"),
        "in a list": np.array([text]),
        "bytes": np.frombuffer(text, np.uint8),
    }.get(stored, np.bytes_(text))
    s = scan.read(save(tmp_path / "a.h5", ismrmrd_header=value))
    assert s.voxel_mm == (5.0, 5.0) and s.voxel_known


def test_case_03_header_of_cropped_kspace(tmp_path):
    """Readout oversampling was removed and the header kept: the voxel of the picture, or none."""
    text = header(encoding(((64, 32), (440, 220)), ((32, 32), (220, 220))))
    s = scan.read(save(tmp_path / "a.h5", (4, 32, 32), ismrmrd_header=text.decode()))
    assert s.voxel_mm == (6.875, 6.875) and s.voxel_known
    text = header(encoding(((64, 32), (440, 220))))
    s = scan.read(save(tmp_path / "b.h5", (4, 32, 32), ismrmrd_header=text.decode()))
    assert s.voxel_mm == (1.0, 1.0) and not s.voxel_known


def test_the_attribute_is_compared_with_the_header(tmp_path):
    text = PLAIN.decode()
    s = scan.read(save(tmp_path / "a.h5", attributes={"voxel_mm": [5.0, 5.01]}, ismrmrd_header=text))
    assert s.voxel_mm == (5.0, 5.01) and s.voxel_known
    with pytest.warns(
        ScanFileWarning, match=r"'voxel_mm' is ignored: it must be the voxel of the header, 5 x 5 mm, got"
    ):
        s = scan.read(save(tmp_path / "b.h5", attributes={"voxel_mm": [2.5, 5.0]}, ismrmrd_header=text))
    assert not s.voxel_known
    assert scan.read(save(tmp_path / "c.h5", attributes={"voxel_mm": [2.5, 5.0]})).voxel_mm == (2.5, 5.0)


@pytest.mark.parametrize("field", [(0.32, 0.24), (32000, 24000)])
def test_fields_in_metres_and_micrometres_are_no_voxels(field, tmp_path):
    text = header(encoding(((64, 48), field))).decode()
    assert not scan.read(save(tmp_path / "a.h5", ismrmrd_header=text)).voxel_known


def test_a_known_source_with_another_matrix_has_no_known_voxel(tmp_path):
    from mrtutor.sources import entry

    source = entry("brain-16ch").source
    assert scan.read(save(tmp_path / "a.h5", (2, 128, 128), {"source": source})).voxel_mm == (2.0, 2.0)
    assert not scan.read(save(tmp_path / "b.h5", (2, 64, 64), {"source": source})).voxel_known
