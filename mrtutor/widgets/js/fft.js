// The Fourier transform of the scanner: centred and unitary, along rows (x) or columns (y) of planes (re, im).

const plans = new Map();

/** Twiddles and orders for length n: radix 2 for powers of two, a stage of three for multiples of 3, else Bluestein's chirp on a longer power of two. */
function plan(n) {
  if (plans.has(n)) return plans.get(n);
  const p = { n, centre: n >> 1 };
  if ((n & (n - 1)) === 0) {
    p.order = new Int32Array(n);
    const bits = Math.log2(n);
    for (let i = 0; i < n; i++) {
      let reversed = 0;
      for (let b = 0; b < bits; b++) reversed |= ((i >> b) & 1) << (bits - 1 - b);
      p.order[i] = reversed;
    }
    p.cos = Float64Array.from({ length: n / 2 || 1 }, (_, i) => Math.cos((2 * Math.PI * i) / n));
    p.sin = Float64Array.from({ length: n / 2 || 1 }, (_, i) => Math.sin((2 * Math.PI * i) / n));
  } else if (n % 3 === 0) {
    p.cos = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n));
    p.sin = Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * i) / n));
    p.parts = Array.from({ length: 3 }, () => [new Float64Array(n / 3), new Float64Array(n / 3)]);
    p.third = plan(n / 3);
  } else {
    const m = 2 ** Math.ceil(Math.log2(2 * n - 1)),
      angle = (i) => (Math.PI * ((i * i) % (2 * n))) / n;
    p.m = m;
    p.cos = Float64Array.from({ length: n }, (_, i) => Math.cos(angle(i)));
    p.sin = Float64Array.from({ length: n }, (_, i) => Math.sin(angle(i)));
    p.re = new Float64Array(m);
    p.im = new Float64Array(m);
    p.chirp = {};
    for (const sign of [1, -1]) {
      const re = new Float64Array(m),
        im = new Float64Array(m);
      for (let i = 0; i < n; i++) {
        re[i] = re[(m - i) % m] = p.cos[i];
        im[i] = im[(m - i) % m] = -sign * p.sin[i];
      }
      powerOfTwo(plan(m), re, im, -1);
      p.chirp[sign] = [re, im];
    }
  }
  plans.set(n, p);
  return p;
}

/** In place, sum_j x_j exp(sign 2 pi i jk/n), natural order in and out; n a power of two. */
function powerOfTwo(p, re, im, sign) {
  const { n, order } = p;
  for (let i = 0; i < n; i++) {
    const j = order[i];
    if (j > i) {
      const a = re[i];
      re[i] = re[j];
      re[j] = a;
      const b = im[i];
      im[i] = im[j];
      im[j] = b;
    }
  }
  butterflies(p, re, im, sign);
}

function butterflies({ n, cos, sin }, re, im, sign) {
  for (let a = 0; a < n - 1; a += 2) {
    // the first stage has no twiddle
    const r = re[a + 1],
      s = im[a + 1];
    re[a + 1] = re[a] - r;
    im[a + 1] = im[a] - s;
    re[a] += r;
    im[a] += s;
  }
  for (let size = 2; size < n; size *= 2) {
    const step = n / (2 * size);
    for (let k = 0; k < size; k++) {
      const c = cos[k * step],
        s = sign * sin[k * step];
      for (let a = k; a < n; a += 2 * size) {
        const b = a + size,
          r = re[b] * c - im[b] * s,
          q = re[b] * s + im[b] * c;
        re[b] = re[a] - r;
        im[b] = im[a] - q;
        re[a] += r;
        im[a] += q;
      }
    }
  }
}

function bluestein(p, re, im, sign) {
  const { n, m, cos, sin, re: a, im: b } = p,
    [cr, ci] = p.chirp[sign],
    long = plan(m);
  a.fill(0);
  b.fill(0);
  for (let i = 0; i < n; i++) {
    const s = sign * sin[i];
    a[i] = re[i] * cos[i] - im[i] * s;
    b[i] = re[i] * s + im[i] * cos[i];
  }
  powerOfTwo(long, a, b, -1);
  for (let i = 0; i < m; i++) {
    const r = a[i] * cr[i] - b[i] * ci[i];
    b[i] = a[i] * ci[i] + b[i] * cr[i];
    a[i] = r;
  }
  powerOfTwo(long, a, b, 1);
  for (let i = 0; i < n; i++) {
    const s = sign * sin[i];
    re[i] = (a[i] * cos[i] - b[i] * s) / m;
    im[i] = (a[i] * s + b[i] * cos[i]) / m;
  }
}

/** Three transforms of every third sample, then one butterfly of three. */
function byThree({ n, cos, sin, parts, third }, re, im, sign) {
  const m = n / 3,
    half = (sign * Math.sqrt(3)) / 2,
    [[a, b], [c, d], [e, f]] = parts;
  parts.forEach(([x, y], r) => {
    for (let i = 0; i < m; i++) {
      x[i] = re[3 * i + r];
      y[i] = im[3 * i + r];
    }
    natural(third, x, y, sign);
  });
  for (let k = 0; k < m; k++) {
    const s1 = sign * sin[k],
      s2 = sign * sin[2 * k];
    const r1 = c[k] * cos[k] - d[k] * s1,
      i1 = c[k] * s1 + d[k] * cos[k],
      r2 = e[k] * cos[2 * k] - f[k] * s2,
      i2 = e[k] * s2 + f[k] * cos[2 * k];
    const r = r1 + r2,
      i = i1 + i2,
      dr = (r1 - r2) * half,
      di = (i1 - i2) * half;
    re[k] = a[k] + r;
    im[k] = b[k] + i;
    re[k + m] = a[k] - r / 2 - di;
    im[k + m] = b[k] - i / 2 + dr;
    re[k + 2 * m] = a[k] - r / 2 + di;
    im[k + 2 * m] = b[k] - i / 2 - dr;
  }
}

/** Any length, natural order in and out. */
function natural(p, re, im, sign) {
  if (p.order) powerOfTwo(p, re, im, sign);
  else if (p.parts) byThree(p, re, im, sign);
  else bluestein(p, re, im, sign);
}

/** Centred transform of `count` lines inside re, im, in place: sign +1 k-space -> picture, -1 back. */
function transformLines(re, im, n, count, stride, step, sign) {
  const p = plan(n),
    c = p.centre,
    scale = 1 / Math.sqrt(n),
    direct = p.order !== undefined;
  const a = new Float64Array(n),
    b = new Float64Array(n);
  for (let line = 0; line < count; line++) {
    const start = line * step;
    for (let i = 0; i < n; i++) {
      // the centre goes to the front; for powers of two straight into butterfly order
      let j = (direct ? p.order[i] : i) + c;
      if (j >= n) j -= n;
      a[i] = re[start + j * stride];
      b[i] = im[start + j * stride];
    }
    if (direct) butterflies(p, a, b, sign);
    else natural(p, a, b, sign);
    for (let i = 0; i < n; i++) {
      const j = i + c < n ? i + c : i + c - n;
      re[start + j * stride] = a[i] * scale;
      im[start + j * stride] = b[i] * scale;
    }
  }
}

/** Along x or y of every (ny, nx) plane of a stack, in place. */
function transform(stack, ny, nx, axis, sign, planes = stack.re.length / (ny * nx)) {
  for (let plane = 0; plane < planes; plane++) {
    const at = plane * ny * nx,
      re = stack.re.subarray(at, at + ny * nx),
      im = stack.im.subarray(at, at + ny * nx);
    if (axis === "x") transformLines(re, im, nx, ny, 1, nx, sign);
    else transformLines(re, im, ny, nx, nx, 1, sign);
  }
  return stack;
}

const toPicture = (stack, ny, nx) => transform(transform(stack, ny, nx, "y", 1), ny, nx, "x", 1);
const toKspace = (stack, ny, nx) => transform(transform(stack, ny, nx, "y", -1), ny, nx, "x", -1);
