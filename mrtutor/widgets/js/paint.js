// A brush on k-space: the picture follows.

const TOOL_NAMES = { erase: "Erase", keep: "Keep", line: "Line", spike: "Spike" };

function mountPaint(root, { header: config, read }, context) {
  const engine = new Engine(config, read),
    [ny, nx] = config.shape,
    { geometry } = config,
    viewer = new Viewer(root, { geometry, alt: config.alt });
  const full = [1, ny, nx],
    list = engine.coilList(null),
    reference = engine.reference(true, null),
    loud = engine.loudness(engine.received({ phase: true }), list);
  viewer.layout(
    config.panes.map((name) => ({
      name,
      title: { kspace: "k-space", image: "Image", error: "Error", full: "Full scan" }[name],
      kind: "image",
    })),
  );
  viewer.shape(ny, nx);
  viewer.grid.dataset.main = "first"; // on a phone k-space is the large pane: it is painted on
  const points = new Uint8Array(ny * nx).fill(config.empty ? 0 : 1),
    spikes = new Map(),
    undo = [];
  const state = { tool: config.tools[0], brush: config.brush, mirror: config.mirror };
  const handle = { state: null, panes: [], metrics: null, ms: 0, config, viewer };
  let cursor = null;

  function update() {
    const begun = performance.now(),
      received = { key: "painted", re: engine.signal.re, im: engine.signal.im },
      shown = loud.data.map((v, i) => (points[i] ? v : 0));
    if (spikes.size) {
      received.re = received.re.slice();
      for (const i of spikes.keys()) {
        for (const c of list) received.re[c * engine.size + i] += loud.top;
        shown[i] = loud.top;
      }
    }
    const mask = points.map((v, i) => (v || spikes.has(i) ? 1 : 0)),
      picture = engine.combine(engine.apply(received, { points: mask }, list), list),
      top = reference.top;
    const count = points.reduce((a, b) => a + b, 0),
      metrics = reference.score(picture.magnitude),
      energy = share();
    const score = `SSIM ${metrics.ssim.toFixed(3)}\nNMSE ${short(metrics.nmse, 2)}\nPSNR ${short(metrics.psnr, 3)} dB`;
    const contents = {
      kspace: {
        data: shown,
        shape: full,
        show: "kspace",
        top: loud.top,
        measured: mask,
        corners: {
          tl: "k-space, log",
          tr: `${short((100 * count) / points.length)} % of points\n${short(100 * energy)} % of energy`,
        },
      },
      image: {
        data: picture.magnitude,
        shape: full,
        show: "magnitude",
        reference: top,
        window: [0, top],
        corners: { tl: "Image", tr: "", br: score },
      },
      error: {
        data: picture.magnitude.map((v, i) => Math.abs(v - reference.magnitude[i])),
        shape: full,
        show: "error",
        reference: top,
        gain: config.gain,
        corners: { tl: "Error" },
      },
      full: {
        data: reference.magnitude,
        shape: full,
        show: "magnitude",
        reference: top,
        window: [0, top],
        corners: { tl: "Full scan" },
      },
    };
    handle.panes = config.panes.map((name) => {
      viewer.pane(name).set(contents[name]);
      return { name, data: contents[name].data, shape: [ny, nx] };
    });
    handle.metrics = { ...metrics, measured: count, energy };
    handle.state = { ...state, points: points.slice(), spikes: [...spikes.keys()] };
    viewer.redraw();
    drawBrush();
    handle.ms = performance.now() - begun;
  }

  const total = loud.data.reduce((a, v) => a + v * v, 0);
  const share = () => loud.data.reduce((a, v, i) => a + (points[i] ? v * v : 0), 0) / total;
  let frame = null;
  const soon = () => {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      update();
    });
  };
  const keepUndo = () => {
    undo.push([points.slice(), new Map(spikes)]);
    if (undo.length > 50) undo.shift();
  };

  /** One touch of the tool at sample (y, x). */
  function touch(y, x, fresh) {
    if (state.tool === "spike") {
      if (fresh) {
        const i = y * nx + x;
        if (spikes.has(i)) spikes.delete(i);
        else spikes.set(i, true);
      }
      return;
    }
    if (state.tool === "line") {
      if (fresh || touch.line !== x) {
        touch.value = fresh ? (points[y * nx + x] ? 0 : 1) : touch.value;
        touch.line = x;
        for (let r = 0; r < ny; r++) points[r * nx + x] = touch.value;
      }
      return;
    }
    const value = state.tool === "keep" ? 1 : 0,
      r = state.brush / 2;
    const dab = (cy, cx) => {
      for (let v = Math.max(0, Math.ceil(cy - r)); v <= Math.min(ny - 1, cy + r); v++)
        for (let u = Math.max(0, Math.ceil(cx - r)); u <= Math.min(nx - 1, cx + r); u++)
          if ((v - cy) ** 2 + (u - cx) ** 2 <= r * r) points[v * nx + u] = value;
    };
    dab(y, x);
    if (state.mirror) dab((2 * (ny >> 1) - y + ny) % ny, (2 * (nx >> 1) - x + nx) % nx);
  }

  const sampleAt = (pane, at) => {
    const { index } = pane.valueAt(at);
    return [Math.floor(index / nx), index % nx];
  };
  function stroke(pane, from, to, fresh) {
    const steps = from ? Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * Math.max(nx, ny))) : 1;
    for (let s = 1; s <= steps; s++) {
      const t = s / steps,
        at = from ? { x: from.x + t * (to.x - from.x), y: from.y + t * (to.y - from.y) } : to;
      touch(...sampleAt(pane, at), fresh && s === 1);
    }
    soon();
  }

  const canvas = viewer.pane("kspace");
  canvas.stage.classList.add("mrt-paintable");
  viewer.onPaint = (pane, event) => {
    if (pane !== canvas || event.shiftKey) return false;
    let last = pane.place(event);
    if (!last) return false;
    keepUndo();
    stroke(pane, null, last, true);
    pane.stage.setPointerCapture(event.pointerId);
    const move = (e) => {
      const at = pane.place(e);
      if (at) {
        cursor = at;
        stroke(pane, last, at, false);
        last = at;
      }
    };
    const end = () => {
      pane.stage.removeEventListener("pointermove", move);
      pane.stage.removeEventListener("pointerup", end);
      pane.stage.removeEventListener("pointercancel", end);
    };
    pane.stage.addEventListener("pointermove", move);
    pane.stage.addEventListener("pointerup", end);
    pane.stage.addEventListener("pointercancel", end);
    return true;
  };
  canvas.stage.addEventListener("pointermove", (event) => {
    cursor = canvas.place(event);
    drawBrush();
  });
  canvas.stage.addEventListener("pointerleave", () => {
    cursor = null;
    drawBrush();
  });
  viewer.onPaintKey = (pane, event) => {
    // arrows move the brush, Space uses it
    if (pane !== canvas || event.shiftKey) return false;
    cursor ??= { x: 0.5 + 0.5 / nx, y: 0.5 + 0.5 / ny };
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      cursor = { x: clamp(cursor.x + (2 * step[0]) / nx, 0, 0.999), y: clamp(cursor.y + (2 * step[1]) / ny, 0, 0.999) };
      drawBrush();
      return true;
    }
    if (event.key === " " || event.key === "Enter") {
      keepUndo();
      stroke(pane, null, cursor, true);
      return true;
    }
    if (event.key.toLowerCase() === "u") {
      back();
      return true;
    }
    return false;
  };
  function drawBrush() {
    canvas.marks =
      cursor && (state.tool === "erase" || state.tool === "keep")
        ? [{ ...cursor, r: state.brush / 2 / nx, kind: "brush" }]
        : cursor
          ? [{ ...cursor, kind: "brush" }]
          : [];
    canvas.drawMarks();
  }
  function back() {
    const old = undo.pop();
    if (!old) return;
    points.set(old[0]);
    spikes.clear();
    old[1].forEach((v, k) => spikes.set(k, v));
    update();
  }
  function fill(rule) {
    keepUndo();
    for (let y = 0; y < ny; y++)
      for (let x = 0; x < nx; x++) points[y * nx + x] = rule(y - (ny >> 1), x - (nx >> 1)) ? 1 : 0;
    update();
  }

  const control = makeControls(
    viewer.controls,
    [
      { name: "tool", label: "Tool", unit: "", values: config.tools, names: config.tools.map((t) => TOOL_NAMES[t]) },
      {
        name: "brush",
        label: "Brush",
        unit: "points",
        values: [3, 5, 9, 15, 25, 41].includes(config.brush)
          ? [3, 5, 9, 15, 25, 41]
          : [config.brush, 3, 5, 9, 15, 25, 41].sort((a, b) => a - b),
        names: null,
      },
      { name: "mirror", label: "Mirror", unit: "", values: [false, true], names: null },
    ],
    state,
    (next) => {
      Object.assign(state, next);
      drawBrush();
    },
  );
  const R = Math.min(nx, ny) / 8,
    button = (words, deed) => h("button", { type: "button", class: "mrt-chip", onclick: deed }, words);
  viewer.controls.append(
    h(
      "div",
      { class: "mrt-presets", role: "group", "aria-label": "Fill and undo" },
      button("Undo", back),
      button("Reset", () => {
        keepUndo();
        spikes.clear();
        fill(() => !config.empty);
      }),
      button("Erase all", () => fill(() => false)),
      ...(config.presets
        ? [
            button("Centre only", () => fill((y, x) => Math.hypot(y, x) < R)),
            button("Edge only", () => fill((y, x) => Math.hypot(y, x) >= R)),
            button("Every 2nd line", () => fill((_y, x) => x % 2 === 0)),
            button("One half", () => fill((_y, x) => x >= -2)),
          ]
        : []),
    ),
  );
  addTools(viewer, {
    flicker: config.panes.includes("full") ? ["full", "image"] : null,
    link:
      context.key && context.page
        ? () =>
            copyLink(
              viewer,
              `#${encodeURIComponent(context.key)}?points=${runs(points)}&spikes=${[...spikes.keys()].join(".")}`,
            )
        : null,
  });
  if (config.caption) root.append(rich("p", { class: "mrt-caption" }, config.caption));
  handle.paint = (tool, y, x) => {
    keepUndo();
    const before = state.tool;
    state.tool = tool;
    touch(y, x, true);
    state.tool = before;
    update();
    return handle;
  };
  handle.set = (next) => {
    if (next.points) points.set(next.points);
    if (next.spikes) {
      spikes.clear();
      next.spikes.forEach((i) => spikes.set(i, true));
    }
    control.set(next);
    Object.assign(state, Object.fromEntries(Object.entries(next).filter(([k]) => k in state)));
    update();
    return handle;
  };
  handle.undo = back;
  handle.lock = (on) => control.lock(on);
  handle.goto = (hash) => {
    const part = Object.fromEntries((hash.split("?")[1] || "").split("&").map((p) => p.split("=")));
    if (part.points)
      handle.set({
        points: fromRuns(part.points, ny * nx),
        spikes: (part.spikes || "")
          .split(".")
          .filter(Boolean)
          .map(Number)
          .filter((i) => i >= 0 && i < ny * nx),
      });
  };
  update();
  if (context.hash) handle.goto(context.hash);
  return handle;
}

/** Painted points as run lengths in base 36: fits a URL. */
function runs(points) {
  const out = [];
  let value = 0,
    length = 0;
  for (const p of points) {
    if (p === value) length++;
    else {
      out.push(length.toString(36));
      value = p;
      length = 1;
    }
  }
  return [...out, length.toString(36)].join(".");
}

function fromRuns(words, size) {
  const points = new Uint8Array(size);
  let at = 0,
    value = 0;
  for (const run of words.split(".")) {
    const length = parseInt(run, 36) || 0;
    points.fill(value, at, Math.min(at + length, size));
    at += length;
    value = 1 - value;
  }
  return points;
}
