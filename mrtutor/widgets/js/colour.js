// From numbers to colours: grey for magnitude, perceptual maps for errors and maps, a cyclic map for phase.

const STOPS = {
  // evenly spaced colours of the published maps of the same names (CC0); twilight turned so that phase 0 is bright
  inferno:
    "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 d24644 e45a31 f1731d f98e09 fcac11 f9cb35 f2ea69 fcffa4",
  viridis:
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725",
  twilight:
    "2f1436 4a1342 741e4f 983550 b25652 c27c63 cca389 d8c7be e2d9e2 c4ced4 95b5c7 7297c1 6276ba 5e51ad 592a8f 45135c 2f1436",
  signed:
    "8fd3ff 5fb8f5 3a9be4 247dc8 1b60a3 16467b 112e53 0a182c 000000 2b1408 522412 7c341a a84721 cf6028 e9823f f7a967 ffd0a0",
  grey: "000000 ffffff",
};
const LEVELS = 1024,
  tables = new Map();

/** 1,024 packed pixels (ABGR, as a canvas keeps them) from the first colour to the last. */
function colourTable(name, inverted = false) {
  const key = name + inverted;
  if (tables.has(key)) return tables.get(key);
  const stops = STOPS[name].split(" ").map((hex) => [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const table = new Uint32Array(LEVELS);
  for (let i = 0; i < LEVELS; i++) {
    const at = ((inverted ? LEVELS - 1 - i : i) / (LEVELS - 1)) * (stops.length - 1),
      low = Math.min(Math.floor(at), stops.length - 2),
      t = at - low;
    const [r, g, b] = stops[low].map((v, c) => Math.round(v + t * (stops[low + 1][c] - v)));
    table[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  tables.set(key, table);
  return table;
}

const UNMEASURED = 0xff3a2a20; // dark slate: "never measured" is not the same as "measured zero"
const KSPACE_DEPTH = 1e4; // k-space is shown over four decades

/** How each kind of picture is shown: colours, whether its scale is drawn, how a value becomes a brightness. */
const SHOWS = {
  magnitude: { colours: "grey", group: "magnitude" },
  complex: { colours: "grey", group: "magnitude" },
  phase: { colours: "twilight", group: "phase", scale: true, window: [-Math.PI, Math.PI] },
  error: { colours: "inferno", group: "error", scale: true },
  signed: { colours: "signed", group: "signed", scale: true },
  map: { colours: "viridis", group: "map", scale: true },
  kspace: { colours: "grey", group: "kspace", log: true, domain: "k" },
  mask: { colours: "grey", group: "mask", domain: "k", window: [0, 1] },
  psf: { colours: "inferno", group: "psf", scale: true, window: [0, 0.5] },
};
