// The linear part of MRI: masks, k-space, point spread, zero-filled picture. Axes as scanned: y readout, x phase encoding.

class Engine {
  constructor(config, read) {
    const [ny, nx] = config.shape;
    Object.assign(this, { config, ny, nx, size: ny * nx, read, cache: new Map() });
    this.signal = read(config.kspace);
    this.maps = config.maps ? read(config.maps) : null;
    this.foreground = read(config.foreground);
    this.nCoils = this.signal.re.length / this.size;
  }

  /** Remember the newest few results of a kind: moving one control leaves the rest as it was. */
  once(kind, key, make, keep = 2) {
    if (!this.cache.has(kind)) this.cache.set(kind, new Map());
    const known = this.cache.get(kind);
    if (!known.has(key)) {
      if (known.size >= keep) known.delete(known.keys().next().value);
      known.set(key, make());
    }
    return known.get(key);
  }

  coilList(count) {
    const n = count ?? this.nCoils;
    return Array.from({ length: n }, (_, i) => Math.floor((i * this.nCoils) / n));
  }

  /** A copy of the coils in `list`, one after the other. */
  take({ re, im }, list) {
    const out = { re: new Float32Array(list.length * this.size), im: new Float32Array(list.length * this.size) };
    list.forEach((coil, k) => {
      out.re.set(re.subarray(coil * this.size, (coil + 1) * this.size), k * this.size);
      out.im.set(im.subarray(coil * this.size, (coil + 1) * this.size), k * this.size);
    });
    return out;
  }

  /** k-space of the object: as scanned, or of its magnitude (no signal phase). */
  object(phase) {
    return phase
      ? this.signal
      : this.once("object", "magnitude", () => {
          const picture = toPicture({ re: this.signal.re.slice(), im: this.signal.im.slice() }, this.ny, this.nx);
          for (let i = 0; i < this.size; i++) {
            picture.re[i] = Math.hypot(picture.re[i], picture.im[i]);
            picture.im[i] = 0;
          }
          return toKspace(picture, this.ny, this.nx);
        });
  }

  reference(phase, coils) {
    return this.once(
      "reference",
      `${phase} ${coils}`,
      () => {
        const list = this.coilList(coils),
          picture = this.combine(toPicture(this.take(this.object(phase), list), this.ny, this.nx), list);
        picture.top = picture.magnitude.reduce((a, b) => Math.max(a, b), 0);
        picture.score = makeScorer(picture.magnitude, this.foreground, this.ny, this.nx);
        return picture;
      },
      4,
    );
  }

  /** What the receiver hears: object + noise + spike. */
  received({ phase, noise, spike, coils }) {
    if (!noise && !spike) return { key: `${phase}`, ...this.object(phase) };
    return this.once("received", `${phase} ${noise} ${spike} ${coils}`, () => {
      const { re, im } = this.object(phase),
        std = noise * this.reference(phase, coils).top;
      const out = std ? plus({ re, im }, this.unit(), std) : { re: re.slice(), im: im.slice() };
      if (spike) {
        const peak = this.once("peak", `${phase}`, () =>
          re.reduce((top, v, i) => Math.max(top, Math.hypot(v, im[i])), 0),
        );
        const [dy, dx] = this.config.spike_at,
          at = ((this.ny >> 1) + dy) * this.nx + (this.nx >> 1) + dx;
        for (let c = 0; c < this.nCoils; c++) out.re[c * this.size + at] += spike * peak;
      }
      return { key: `${phase} ${noise} ${spike} ${coils}`, phase, std, spike, ...out };
    });
  }

  /** Half of the way to the picture, the half that line masks leave alone: transformed along `axis`. */
  hybrid(received, axis) {
    const along = (key, { re, im }) =>
      this.once(`hybrid ${key === "unit" ? key : ""}`, `${key} ${axis}`, () =>
        transform({ re: re.slice(), im: im.slice() }, this.ny, this.nx, axis, 1),
      );
    if (!received.std || received.spike) return along(received.key, received);
    const object = along(`${received.phase}`, this.object(received.phase)),
      unit = along("unit", this.unit()); // linear: no new transform for new noise
    return this.once("noisy", `${received.key} ${axis}`, () => plus(object, unit, received.std), 1);
  }

  unit() {
    return this.once("noise", "unit", () => unitNoise(this.signal.re.length, 0));
  }

  /** Coil pictures -> one: {re, im, magnitude}; re and im only where a phase is left. */
  combine(stack, list) {
    const { size, maps } = this,
      mode = this.config.combine,
      magnitude = new Float32Array(size);
    if (mode === "single") {
      for (let i = 0; i < size; i++) magnitude[i] = Math.sqrt(stack.re[i] ** 2 + stack.im[i] ** 2);
      return { re: stack.re, im: stack.im, magnitude };
    }
    if (mode === "rss") {
      list.forEach((_, k) => {
        for (let i = 0, j = k * size; i < size; i++, j++) magnitude[i] += stack.re[j] ** 2 + stack.im[j] ** 2;
      });
      for (let i = 0; i < size; i++) magnitude[i] = Math.sqrt(magnitude[i]);
      return { re: null, im: null, magnitude };
    }
    const re = new Float32Array(size),
      im = new Float32Array(size),
      weight = list.length < this.nCoils ? new Float32Array(size) : null;
    list.forEach((coil, k) => {
      for (let i = 0, j = k * size, m = coil * size; i < size; i++, j++, m++) {
        re[i] += maps.re[m] * stack.re[j] + maps.im[m] * stack.im[j];
        im[i] += maps.re[m] * stack.im[j] - maps.im[m] * stack.re[j];
        if (weight) weight[i] += maps.re[m] ** 2 + maps.im[m] ** 2;
      }
    });
    for (let i = 0; i < size; i++) {
      if (weight) {
        const w = weight[i] > 1e-3 ? 1 / weight[i] : 0;
        re[i] *= w;
        im[i] *= w;
      }
      magnitude[i] = Math.sqrt(re[i] ** 2 + im[i] ** 2);
    }
    return { re, im, magnitude };
  }

  /** {lines | points, axis}: a line mask along x (or y when swapped), or a full mask of points. */
  apply(received, mask, list, mirror = false) {
    const { ny, nx, size } = this,
      out = { re: new Float32Array(list.length * size), im: new Float32Array(list.length * size) };
    if (mask.lines && !mirror) {
      const { axis, lines } = mask,
        from = this.hybrid(received, axis === "x" ? "y" : "x");
      list.forEach((coil, k) => {
        for (let y = 0, j = k * size, i = coil * size; y < ny; y++)
          for (let x = 0; x < nx; x++, i++, j++)
            if (lines[axis === "x" ? x : y]) {
              out.re[j] = from.re[i];
              out.im[j] = from.im[i];
            }
      });
      return transform(out, ny, nx, axis, 1, list.length);
    }
    list.forEach((coil, k) => {
      for (let i = coil * size, j = k * size, p = 0; p < size; i++, j++, p++)
        if (mask.points[p]) {
          out.re[j] = received.re[i];
          out.im[j] = received.im[i];
        }
      if (mirror) this.mirror(out, k * size, mask.points);
    });
    return toPicture(out, ny, nx);
  }

  /** Conjugate symmetry: a sample never measured takes the conjugate of its reflection through the centre. */
  mirror(stack, at, points) {
    const { ny, nx } = this,
      cy = ny >> 1,
      cx = nx >> 1;
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) {
        const yy = (2 * cy - y + ny) % ny,
          xx = (2 * cx - x + nx) % nx,
          i = y * nx + x,
          j = yy * nx + xx;
        if (!points[i] && points[j]) {
          stack.re[at + i] = stack.re[at + j];
          stack.im[at + i] = -stack.im[at + j];
        }
      }
  }

  /** Magnitude of k-space over the coils in use, and its peak. */
  loudness(received, list) {
    return this.once("loudness", `${received.key} ${list.length}`, () => {
      const data = new Float32Array(this.size);
      for (const coil of list)
        for (let i = 0, j = coil * this.size; i < this.size; i++, j++)
          data[i] += received.re[j] ** 2 + received.im[j] ** 2;
      let top = 0;
      for (let i = 0; i < this.size; i++) {
        data[i] = Math.sqrt(data[i]);
        top = Math.max(top, data[i]);
      }
      return { data, top };
    });
  }

  /** For the eye: each dot three points wide. */
  thicken(data) {
    return this.once("thick", data, () => {
      const { ny, nx } = this,
        out = new Float32Array(this.size);
      for (let y = 0; y < ny; y++)
        for (let x = 0; x < nx; x++) {
          const value = data[y * nx + x];
          for (let dy = -1; dy < 2; dy++)
            for (let dx = -1; dx < 2; dx++) {
              const i = ((y + dy + ny) % ny) * nx + ((x + dx + nx) % nx);
              if (value > out[i]) out[i] = value;
            }
        }
      return out;
    });
  }

  /** |point spread|, its centre scaled to 1: the picture of one bright dot. */
  pointSpread(points) {
    const psf = toPicture({ re: Float32Array.from(points), im: new Float32Array(this.size) }, this.ny, this.nx),
      peak = (this.ny >> 1) * this.nx + (this.nx >> 1);
    const scale = 1 / Math.hypot(psf.re[peak], psf.im[peak]);
    return psf.re.map((v, i) => Math.hypot(v, psf.im[i]) * scale);
  }
}

/** a + factor b, for stacks. */
function plus(a, b, factor) {
  const re = new Float32Array(a.re.length),
    im = new Float32Array(a.re.length);
  for (let i = 0; i < re.length; i++) {
    re[i] = a.re[i] + factor * b.re[i];
    im[i] = a.im[i] + factor * b.im[i];
  }
  return { re, im };
}
