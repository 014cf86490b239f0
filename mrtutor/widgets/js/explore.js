// The explorer: state -> mask -> picture, all in the page.

const MASK_ORDER = ["pattern", "acceleration", "n_acs", "seed", "offset", "swap"]; // as in masks.py
const TITLES = {
  full: "Full scan",
  image: "Zero-filled",
  kspace: "k-space",
  mask: "Measured",
  psf: "Point spread",
  profile: "Point spread",
  error: "Error",
  phase: "Phase",
};

/** The mask of a state: {lines | null, axis, points, count, total}, or {why} when there is none. */
function maskOf(engine, config, state) {
  const { ny, nx } = engine,
    values = (name) => config.controls.find((c) => c.name === name).values,
    position = (name) => values(name).indexOf(state[name]);
  const index = MASK_ORDER.reduce((at, name) => at * values(name).length + position(name), 0),
    entry = config.masks[index];
  if (typeof entry === "string") return { why: entry };
  const axis = state.swap ? "y" : "x",
    n = state.swap ? ny : nx;
  const cut = engine.read(config.partial[position("partial_fourier") * values("swap").length + position("swap")]);
  const mask = engine.read(entry).slice(),
    isLines = entry.shape.length === 1,
    lost = state.lost_line === null ? -1 : (n >> 1) + state.lost_line;
  const lineAt = (i) => (state.swap ? Math.floor(i / nx) : i % nx);
  for (let i = 0; i < mask.length; i++) {
    const line = isLines ? i : lineAt(i);
    if (!cut[line] || line === lost) mask[i] = 0;
  }
  const points = isLines ? Uint8Array.from({ length: ny * nx }, (_, i) => mask[lineAt(i)]) : mask;
  const count = mask.reduce((a, b) => a + b, 0),
    skip = state.oversampling === 1;
  if (skip) {
    // every second readout sample, the centre kept
    const centre = (state.swap ? nx : ny) >> 1;
    for (let i = 0; i < points.length; i++) {
      const readout = state.swap ? i % nx : Math.floor(i / nx);
      if ((readout - centre) % 2) points[i] = 0;
    }
  }
  return { lines: isLines && !skip ? mask : null, axis, points, count, total: mask.length, isLines };
}

/** Everything about one state, as arrays as scanned; pure, so that tests can ask for it. */
function computeState(engine, config, state) {
  const mask = maskOf(engine, config, state);
  if (mask.why) return { why: mask.why };
  if (!mask.count) return { why: "No line is measured: there is no picture." };
  const list = engine.coilList(state.coils),
    wanted = new Set(config.panes),
    received = engine.received(state),
    reference = engine.reference(state.phase, state.coils);
  const picture = engine.combine(engine.apply(received, mask, list, state.fill === "mirror"), list);
  const out = { mask, reference, picture, metrics: reference.score(picture.magnitude), trueR: mask.total / mask.count };
  out.error = picture.magnitude.map((v, i) => Math.abs(v - reference.magnitude[i]));
  if (wanted.has("phase") && picture.re) out.phase = picture.re.map((v, i) => Math.atan2(picture.im[i], v));
  if (wanted.has("kspace")) {
    const loud = engine.loudness(received, list);
    out.kspace = { data: loud.data.map((v, i) => (mask.points[i] ? v : 0)), top: loud.top };
  }
  if (wanted.has("psf") || wanted.has("profile"))
    out.psf = engine.once(
      "psf",
      JSON.stringify([...MASK_ORDER, "partial_fourier", "lost_line", "oversampling"].map((n) => state[n])),
      () => engine.pointSpread(mask.points),
    );
  return out;
}

/** The 1/R of the field that a scanner would show, R times as bright as one of the copies; null where that makes no sense. */
function scannerView(engine, _config, state, data) {
  const { ny, nx } = engine,
    R = state.acceleration,
    along = state.swap ? ny : nx,
    width = Math.round(along / R);
  if (state.view !== "scanner" || R === 1) return null;
  if (state.pattern !== "equispaced" || state.n_acs !== 0)
    return { why: "A scanner shows a folded 1/R field only for equal gaps without calibration lines." };
  const start = (along >> 1) - (width >> 1),
    rows = state.swap ? width : ny,
    columns = state.swap ? nx : width,
    out = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      out[y * columns + x] = R * data[state.swap ? (y + start) * nx + x : y * nx + x + start];
  return { data: out, shape: [1, rows, columns] };
}

function mountExplore(root, { header: config, read }, context) {
  const engine = new Engine(config, read),
    { geometry, panes: names } = config,
    [ny, nx] = config.shape;
  const viewer = new Viewer(root, { geometry, alt: config.alt }),
    key = context.key;
  viewer.layout(names.map((name) => ({ name, title: TITLES[name], kind: name === "profile" ? "line" : "image" })));
  viewer.shape(ny, nx);
  viewer.marks = config.marks.map((m) => ({ x: m.x, y: m.y, label: m.message, kind: "given" }));
  const handle = { state: null, panes: [], metrics: null, ms: 0, config, viewer };

  function update(state) {
    const begun = performance.now(),
      result = computeState(engine, config, state);
    handle.state = state;
    viewer.tell(result.why || null);
    if (result.why) {
      handle.why = result.why;
      viewer.announce(result.why);
      return;
    }
    handle.why = null;
    handle.metrics = { ...result.metrics, true_acceleration: result.trueR, lines: result.mask.count };
    showResult(result, state);
    viewer.redraw();
    handle.ms = performance.now() - begun;
    later();
  }

  function showResult(result, state) {
    const { mask, reference, picture, metrics } = result,
      top = reference.top,
      full = [1, ny, nx];
    const R = state.acceleration,
      unit = mask.isLines ? "lines" : "points",
      counted = `${mask.count} of ${mask.total} ${unit}`;
    const rate =
      mask.count === mask.total ? `R 1\n${counted}` : `R ${short(R)}  true ${result.trueR.toFixed(2)}\n${counted}`;
    const score =
      mask.count === mask.total && !state.noise && !state.spike
        ? ""
        : `SSIM ${metrics.ssim.toFixed(3)}\nNMSE ${short(metrics.nmse, 2)}\nPSNR ${metrics.psnr.toFixed(1)} dB`;
    const window = config.window?.map((v) => v * top);
    const grey = (data, corners, shape = full) => ({ data, shape, show: "magnitude", reference: top, window, corners });
    handle.panes = [];
    const give = (name, content) => {
      const pane = viewer.pane(name);
      pane.set(content);
      if (content.data) handle.panes.push({ name, data: content.data, shape: content.shape.slice(1) });
    };
    const pe =
      geometry.pe && (state.swap ? { horizontal: "vertical", vertical: "horizontal" }[geometry.pe] : geometry.pe);
    const folded = scannerView(engine, config, state, picture.magnitude);
    if (folded?.why) viewer.tell(folded.why);
    const makers = {
      full: () => grey(reference.magnitude, { tl: "Full scan", tr: state.coils ? `${state.coils} coils` : "" }),
      image: () =>
        folded?.data
          ? grey(folded.data, { tl: "As the scanner would", tr: rate, br: score }, folded.shape)
          : grey(picture.magnitude, {
              tl: mask.count === mask.total ? "Image" : state.fill === "mirror" ? "Mirrored" : "Zero-filled",
              tr: rate,
              br: score,
            }),
      kspace: () => ({
        data: result.kspace.data,
        shape: full,
        show: "kspace",
        top: result.kspace.top,
        measured: mask.points,
        corners: { tl: "k-space, log", bl: counted },
      }),
      mask: () => ({
        data: Float32Array.from(mask.points),
        shape: full,
        show: "mask",
        measured: mask.points,
        corners: { tl: "Measured", tr: rate },
      }),
      psf: () => ({
        data: result.psf,
        shown: engine.thicken(result.psf),
        shape: full,
        show: "psf",
        corners: { tl: "Point spread", tr: "image of one dot" },
      }),
      error: () => ({
        data: result.error,
        shape: full,
        show: "error",
        reference: top,
        gain: config.gain,
        corners: { tl: "Error", br: names.includes("image") ? "" : score },
      }),
      phase: () => ({
        data: result.phase || new Float32Array(engine.size),
        shape: full,
        show: "phase",
        measured: engine.foreground,
        corners: { tl: "Phase" },
      }),
      profile: () => profile(result.psf, state),
    };
    for (const name of names) {
      give(name, makers[name]());
      viewer.pane(name).encodeAlong?.(pe);
    }
    showTime(result);
  }

  function profile(psf, state) {
    const n = state.swap ? ny : nx,
      c = n >> 1,
      y = Array.from({ length: n }, (_, i) => psf[state.swap ? i * nx + (nx >> 1) : (ny >> 1) * nx + i]);
    return {
      kind: "line",
      curves: [{ name: "one dot", x: y.map((_, i) => (i - c) / n), y }],
      x_label: "phase encoding (fields of view)",
      y_label: "brightness",
    };
  }

  const time = config.time ? h("p", { class: "mrt-time" }) : null;
  function showTime({ mask }) {
    if (!time) return;
    const lines = mask.isLines ? mask.count : mask.count / (mask.axis === "x" ? ny : nx),
      { tr, echo_train, averages, room } = config.time;
    const scan = Math.ceil(lines / echo_train) * tr * averages;
    say(time, `Scan ${minutes(scan)}${room ? `  ·  in the room ${minutes(scan + 60 * room)}` : ""}`);
  }

  let timer = null;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () =>
        viewer.announce(
          viewer.panes
            .map((p) => p.label)
            .filter(Boolean)
            .slice(0, 2)
            .join("; "),
        ),
      600,
    );
  };
  presetButtons(viewer.controls, config.presets, (state) => {
    controls.set(state);
    context.moved?.();
    update({ ...controls.state });
  });
  const controls = makeControls(
    viewer.controls,
    config.controls,
    { ...config.start, ...hashToState(context.hash || "", config.controls) },
    (state) => {
      context.moved?.();
      update(state);
    },
  );
  if (time) viewer.controls.append(time);
  addTools(viewer, {
    flicker: names.includes("full") && names.includes("image") ? ["full", "image"] : null,
    link: key && context.page ? () => copyLink(viewer, stateToHash(key, controls.state, config.controls)) : null,
  });
  if (config.caption) root.append(rich("p", { class: "mrt-caption" }, config.caption));
  handle.open = config.controls.some((c) => c.values.length > 1);
  handle.set = (state) => {
    controls.set(state);
    context.moved?.();
    update({ ...controls.state });
    return handle;
  };
  handle.lock = (on) => controls.lock(on);
  handle.goto = (hash) => handle.set(hashToState(hash, config.controls));
  update({ ...controls.state });
  return handle;
}
