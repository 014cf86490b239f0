// Reading what Python packed: a JSON header, then blocks (see pack.py).

const HALF = new Float32Array(65536); // every float16 there is
for (let word = 0; word < 65536; word++) {
  const exponent = (word >> 10) & 31,
    fraction = word & 1023;
  const size =
    exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? NaN : (1 + fraction / 1024) * 2 ** (exponent - 15);
  HALF[word] = word & 0x8000 ? -size : size;
}

/** {header, read}: read(block) gives Float32Array (complex: {re, im}), Uint8Array of 0/1 for masks, or raw bytes. */
function unpack(bytes) {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "MRT1") throw new Error("This widget's data cannot be read.");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const start = 8 + length;
  return { header, read: (block) => readBlock(bytes.subarray(start + block.at, start + block.at + block.n), block) };
}

function readBlock(data, block) {
  if (block.as === "raw") return data;
  const size = block.shape.reduce((a, b) => a * b, 1);
  if (block.as === "bits") {
    const mask = new Uint8Array(size);
    for (let i = 0; i < size; i++) mask[i] = (data[i >> 3] >> (7 - (i & 7))) & 1;
    return mask;
  }
  const half = data.length / 2;
  if (block.as === "q") {
    const out = new Float32Array(size),
      step = (block.high - block.low) / block.levels;
    for (let i = 0; i < size; i++) out[i] = block.low + ((data[i] << 8) | data[half + i]) * step;
    return out;
  }
  const value = (i) => HALF[(data[i] << 8) | data[half + i]] * block.scale;
  if (block.as === "f16") return Float32Array.from({ length: size }, (_, i) => value(i));
  const re = new Float32Array(size),
    im = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    re[i] = value(2 * i);
    im[i] = value(2 * i + 1);
  }
  return { re, im };
}

/** base64 of gzip -> bytes, by the browser's own unzipper. */
async function inflate(base64) {
  const packed = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
