// Noise that is the same everywhere: a counter, hashed, made Gaussian (Box–Muller). Written alike in noise.py.

function hash32(value) {
  // a full-avalanche mix of 32 bits
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Complex noise, std 1 per real and imaginary part: sample i of stream `seed` is always the same. */
function unitNoise(size, seed) {
  const re = new Float32Array(size),
    im = new Float32Array(size),
    salt = hash32(seed + 1);
  for (let i = 0; i < size; i++) {
    const u = (hash32((2 * i) ^ salt) + 1) / 4294967296,
      v = hash32((2 * i + 1) ^ salt) / 4294967296;
    const radius = Math.sqrt(-2 * Math.log(u)),
      angle = 2 * Math.PI * v;
    re[i] = radius * Math.cos(angle);
    im[i] = radius * Math.sin(angle);
  }
  return { re, im };
}
