// Scores inside the foreground, as in mrtutor.metrics: NMSE, PSNR (range: the reference's maximum), SSIM (7 x 7, uniform).

const WINDOW = 7;

/** Means over 7 x 7 windows that lie wholly inside the picture: (ny - 6, nx - 6). */
function boxMean(values, ny, nx) {
  const w = WINDOW,
    rows = ny - w + 1,
    columns = nx - w + 1,
    out = new Float64Array(rows * columns),
    sums = new Float64Array(nx);
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) sums[x] += values[y * nx + x] - (y >= w ? values[(y - w) * nx + x] : 0);
    if (y < w - 1) continue;
    let run = 0;
    for (let x = 0; x < nx; x++) {
      run += sums[x] - (x >= w ? sums[x - w] : 0);
      if (x >= w - 1) out[(y - w + 1) * columns + x - w + 1] = run / (w * w);
    }
  }
  return out;
}

/** Everything about the reference that stays the same while the picture moves. */
function makeScorer(reference, region, ny, nx) {
  let top = 0,
    energy = 0,
    count = 0;
  for (let i = 0; i < reference.length; i++) {
    top = Math.max(top, reference[i]);
    if (region[i]) {
      energy += reference[i] ** 2;
      count++;
    }
  }
  const big = ny >= WINDOW && nx >= WINDOW,
    square = Float64Array.from(reference, (v) => v * v);
  const mean = big ? boxMean(reference, ny, nx) : null,
    meanSquare = big ? boxMean(square, ny, nx) : null;
  const weight = new Float64Array(big ? mean.length : 0); // how often a window counts: the border repeats its inner edge
  if (big)
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++)
        if (region[y * nx + x])
          weight[clamp(y - 3, 0, ny - WINDOW) * (nx - WINDOW + 1) + clamp(x - 3, 0, nx - WINDOW)]++;
  const product = new Float64Array(reference.length),
    squares = new Float64Array(reference.length);

  return function score(picture) {
    let wrong = 0;
    for (let i = 0; i < picture.length; i++) {
      if (region[i]) wrong += (picture[i] - reference[i]) ** 2;
      product[i] = picture[i] * reference[i];
      squares[i] = picture[i] * picture[i];
    }
    const result = {
      nmse: wrong / energy,
      psnr: wrong === 0 ? Infinity : 10 * Math.log10((top * top) / (wrong / count)),
      ssim: NaN,
    };
    if (!big) return result;
    const a = boxMean(picture, ny, nx),
      aa = boxMean(squares, ny, nx),
      ab = boxMean(product, ny, nx);
    const c1 = (0.01 * top) ** 2,
      c2 = (0.03 * top) ** 2,
      sample = WINDOW ** 2 / (WINDOW ** 2 - 1);
    let total = 0;
    for (let i = 0; i < a.length; i++)
      if (weight[i]) {
        const varA = sample * (aa[i] - a[i] ** 2),
          varB = sample * (meanSquare[i] - mean[i] ** 2),
          both = sample * (ab[i] - a[i] * mean[i]);
        total +=
          (weight[i] * (2 * a[i] * mean[i] + c1) * (2 * both + c2)) /
          ((a[i] ** 2 + mean[i] ** 2 + c1) * (varA + varB + c2));
      }
    result.ssim = total / count;
    return result;
  };
}
