// Standing upright: transpose first, then flip. Everything is computed as scanned and turned only when drawn.

const turns = new Map();

/** {rows, columns, source}: source[r * columns + c] is the index in the (ny, nx) picture as scanned. */
function upright([transpose, flipRows, flipColumns], ny, nx) {
  const key = [transpose, flipRows, flipColumns, ny, nx].join();
  if (turns.has(key)) return turns.get(key);
  const rows = transpose ? nx : ny,
    columns = transpose ? ny : nx,
    source = new Int32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const a = flipRows ? rows - 1 - r : r,
        b = flipColumns ? columns - 1 - c : c;
      source[r * columns + c] = transpose ? b * nx + a : a * nx + b;
    }
  const turn = { rows, columns, source };
  turns.set(key, turn);
  return turn;
}

/** Width and height of the upright picture in mm (or in points, for k-space). */
function extent(geometry, ny, nx, inSamples = false) {
  const [my, mx] = inSamples ? [1, 1] : geometry.mm;
  return geometry.turn[0] ? [ny * my, nx * mx] : [nx * mx, ny * my];
}

const SQUARES = "ABCDEFGH";

/** "C5" -> the middle of that square as fractions (columns A to H, rows 1 to 8), or null. */
function squareToPlace(words) {
  const match = /^\s*([a-hA-H])\s*([1-8])\s*$/.exec(words);
  return match ? { x: (SQUARES.indexOf(match[1].toUpperCase()) + 0.5) / 8, y: (Number(match[2]) - 0.5) / 8 } : null;
}

const placeToSquare = ({ x, y }) => SQUARES[clamp(Math.floor(8 * x), 0, 7)] + (clamp(Math.floor(8 * y), 0, 7) + 1);

/** Does a click hit? A place within the tolerance (fraction of the field), or a region of the picture as scanned. */
function hits(target, click, tolerance, geometry, read) {
  if (!target.region) return Math.hypot(target.x - click.x, target.y - click.y) <= tolerance;
  const [ny, nx] = target.region.shape,
    { rows, columns, source } = upright(geometry.turn, ny, nx);
  target.bits ??= read(target.region);
  const r = clamp(Math.floor(click.y * rows), 0, rows - 1),
    c = clamp(Math.floor(click.x * columns), 0, columns - 1);
  return target.bits[source[r * columns + c]] === 1;
}

/** What to say about clicks on a target: {right, message}. Every right place may be hit once. */
function judgeClicks(target, clicks, geometry, read) {
  const open = [...target.places],
    messages = [];
  let right = true;
  for (const click of clicks) {
    const hit = open.findIndex((place) => hits(place, click, target.tolerance, geometry, read));
    if (hit >= 0) {
      messages.push(open[hit].message);
      if (!open[hit].region) open.splice(hit, 1);
      continue;
    }
    right = false;
    const known = target.wrong.find((place) => hits(place, click, target.tolerance, geometry, read));
    messages.push(known ? known.message : target.otherwise);
  }
  const said = [...new Set(messages.filter(Boolean))];
  return {
    right,
    message: right ? [target.right, ...said].filter(Boolean).join(" ") : said.join(" ") || target.otherwise,
  };
}
