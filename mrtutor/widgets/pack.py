"""How pictures and masks travel to the front end: one JSON header, then binary blocks.

    b"MRT1" | header length (uint32, little endian) | header (UTF-8 JSON) | blocks

A block is named in the header by a small dict {"as", "at", "n", "shape", …} that the front end reads back.
Two-byte numbers are stored as all high bytes, then all low bytes: gzip then finds the empty high bits by itself.
"""

import base64
import gzip
import json

import numpy as np

LIMIT = 3_000_000  # bytes of one widget, compressed: more makes a page slow on a hospital network


def to_numpy(array) -> np.ndarray:
    """A tensor or anything array-like as numpy, finite everywhere."""
    array = array.detach().cpu().resolve_conj().numpy() if hasattr(array, "detach") else np.asarray(array)
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        raise ValueError("a picture must hold finite numbers only, got NaN or infinity")
    return array


class Packer:
    """Collects blocks; the same block is stored once, however often it is asked for."""

    def __init__(self):
        self._parts: list[bytes] = []
        self._known: dict[bytes, int] = {}
        self._size = 0

    def _put(self, data: bytes) -> int:
        if data not in self._known:
            self._known[data] = self._size
            self._parts.append(data)
            self._size += len(data)
        return self._known[data]

    def _block(self, kind: str, data: bytes, shape, **more) -> dict:
        return {"as": kind, "at": self._put(data), "n": len(data), "shape": list(shape), **more}

    def floats(self, array) -> dict:
        """float16 with one common scale (11 significant bits at every size): for k-space and coil maps."""
        array = to_numpy(array)
        complex_ = array.dtype.kind == "c"
        values = np.ascontiguousarray(array.astype(np.complex64 if complex_ else np.float32)).view(np.float32)
        scale = float(np.abs(values).max()) / 60000 if values.size and values.any() else 1.0
        half = (values.astype(np.float64) / scale).astype("<f2")
        return self._block("c16" if complex_ else "f16", _planes(half.view("<u2")), array.shape, scale=scale)

    def quantised(self, array, bits: int = 12) -> dict:
        """Whole numbers of `bits` bits between the array's own minimum and maximum: for pictures."""
        if not 12 <= bits <= 16:
            raise ValueError(f"bits must lie in 12..16, got {bits}")
        array = to_numpy(array).astype(np.float32).astype(np.float64)  # in which the range of any float32 can be told
        low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
        levels = (1 << bits) - 1
        steps = np.round((array - low) / (high - low if high > low else 1) * levels).astype("<u2")
        return self._block("q", _planes(steps), array.shape, low=low, high=high, levels=levels)

    def bits(self, mask) -> dict:
        """One bit a point, most significant bit first: for masks."""
        mask = to_numpy(mask).astype(bool)
        return self._block("bits", np.packbits(mask.ravel()).tobytes(), mask.shape)

    def raw(self, data: bytes) -> dict:
        """Bytes as they are: a payload inside a payload."""
        return self._block("raw", data, [len(data)])

    def finish(self, header: dict) -> bytes:
        """The whole payload."""
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        return b"MRT1" + len(text).to_bytes(4, "little") + text + b"".join(self._parts)


def _planes(words: np.ndarray) -> bytes:
    words = np.ascontiguousarray(words).ravel()
    return (words >> 8).astype(np.uint8).tobytes() + (words & 255).astype(np.uint8).tobytes()


def compress(payload: bytes, what: str) -> str:
    """base64 of gzip (without a date, so that the same widget is the same text); too large is an error."""
    packed = gzip.compress(payload, 9, mtime=0)
    if len(packed) > LIMIT:
        raise ValueError(
            f"{what} must stay below {LIMIT / 1e6:.0f} MB compressed, got {len(packed) / 1e6:.1f} MB: fewer "
            f"states, panes or pixels"
        )
    return base64.b64encode(packed).decode("ascii")


def unpack(payload: bytes) -> tuple[dict, "callable"]:
    """The front end's reading in Python, for tests: the header, and a function from block dict to array."""
    length = int.from_bytes(payload[4:8], "little")
    blocks = payload[8 + length :]

    def read(block: dict):
        data = blocks[block["at"] : block["at"] + block["n"]]
        if block["as"] == "raw":
            return data
        if block["as"] == "bits":
            return (
                np.unpackbits(np.frombuffer(data, np.uint8), count=int(np.prod(block["shape"])))
                .astype(bool)
                .reshape(block["shape"])
            )
        half = len(data) // 2
        words = np.frombuffer(data[:half], np.uint8).astype(np.uint16) << 8 | np.frombuffer(data[half:], np.uint8)
        if block["as"] == "q":
            return (
                (block["low"] + words * ((block["high"] - block["low"]) / block["levels"]))
                .astype(np.float32)
                .reshape(block["shape"])
            )
        values = (words.view(np.float16).astype(np.float64) * block["scale"]).astype(np.float32)
        return (values.view(np.complex64) if block["as"] == "c16" else values).reshape(block["shape"])

    return json.loads(payload[8 : 8 + length].decode()), read
