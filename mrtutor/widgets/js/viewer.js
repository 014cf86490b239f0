// The reading room: panes that are windowed, zoomed, flickered and inverted together.

const WINDOWS = [
  ["full", 0, 1],
  ["anatomy", 0.05, 0.7],
  ["background", 0, 0.15],
]; // of the brightest value

class Viewer {
  constructor(root, { geometry, alt, columns = null, key = null }) {
    Object.assign(this, {
      root,
      geometry,
      key,
      panes: [],
      windows: new Map(),
      zooms: new Map(),
      marks: [],
      inverted: false,
      cross: null,
      squares: null,
      onPick: null,
      difference: null,
      flickering: null,
      preset: 0,
    });
    this.grid = h("div", { class: "mrt-panes", style: columns ? `--mrt-columns:${columns}` : null });
    this.controls = h("div", { class: "mrt-controls" });
    this.tools = h("div", { class: "mrt-tools", role: "toolbar", "aria-label": "Picture tools" });
    this.status = h("div", { class: "mrt-hidden", role: "status", "aria-live": "polite" });
    this.message = h("div", { class: "mrt-message", hidden: true });
    this.source = h("div", { class: "mrt-source" });
    this.screen = h("div", { class: "mrt-screen" }, this.grid, this.source, this.message);
    this.desk = h("div", { class: "mrt-desk" }, this.controls, this.tools);
    this.console = h(
      "div",
      { class: "mrt-console", role: "group", "aria-label": alt },
      this.screen,
      this.desk,
      this.status,
    );
    root.append(this.console);
    listen(this);
    this.resize = new ResizeObserver(() => this.redraw());
    this.resize.observe(this.grid);
  }

  /** Make panes for a list of {name, title, kind, geometry}; those that stay are kept. */
  layout(specs) {
    const known = new Map(this.panes.map((pane) => [pane.name, pane])),
      before = [...this.grid.children];
    this.panes = specs.map((spec) => {
      const old = known.get(spec.name),
        figure = spec.kind !== "image";
      if (old && Boolean(old.isFigure) === figure) return old;
      return new (figure ? FigurePane : Pane)(this, { ...spec, geometry: spec.geometry || this.geometry });
    });
    if (before.length !== this.panes.length || this.panes.some((pane, i) => pane.element !== before[i]))
      // a pane of one name may change its kind
      this.grid.replaceChildren(...this.panes.map((pane) => pane.element));
    this.grid.dataset.count = specs.length;
    if (specs[0]?.name === "image" || (specs[1] && specs[1].kind !== "image")) this.grid.dataset.main = "first"; // the large one on a phone
  }

  pane(name) {
    return this.panes.find((pane) => pane.name === name);
  }
  get pictures() {
    return this.panes.filter((pane) => !pane.isFigure && pane.content);
  }

  /** Simulated or real, and the pixel size: always in sight below the panes. */
  tellSource() {
    const { label, mm, mm_known: known } = this.geometry,
      size = mm[0] === mm[1] ? short(mm[0]) : mm.map((v) => short(v)).join(" × ");
    if (label) say(this.source, `${label}  ·  ${known ? `${size} mm pixels` : "pixel size unknown"}`);
  }

  /** The shape of every stage: that of the first upright picture. */
  shape(ny, nx) {
    const [w, hh] = extent(this.geometry, ny, nx);
    this.grid.style.setProperty("--mrt-aspect", `${w} / ${hh}`);
    this.tellSource();
  }

  windowOf(pane) {
    const { group } = pane;
    if (!this.windows.has(group)) this.windows.set(group, this.defaultWindow(pane));
    return this.windows.get(group);
  }

  defaultWindow(pane) {
    const { window, show, data, reference, gain } = pane.content,
      fixed = window || SHOWS[show].window;
    if (fixed) return { low: fixed[0], high: fixed[1] };
    if (SHOWS[show].log) return { low: 0, high: 1 };
    if (show === "error" && reference) return { low: 0, high: reference / (gain || 5) };
    let top = 0;
    for (let i = 0; i < data.length; i++) top = Math.max(top, Math.abs(data[i]));
    return { low: show === "signed" ? -top : 0, high: top || 1 };
  }

  /** What "100" means in the corner's W and L. */
  topOf(pane) {
    return SHOWS[pane.content.show].log ? 1 : pane.content.reference || this.defaultWindow(pane).high || 1;
  }

  setWindow(group, low, high) {
    if (high - low > 1e-12) this.windows.set(group, { low, high });
    this.redraw();
  }

  resetWindows() {
    this.windows.clear();
    this.preset = 0;
    this.zooms.clear();
    this.redraw();
  }

  nextWindow() {
    this.preset = (this.preset + 1) % WINDOWS.length;
    const [name, low, high] = WINDOWS[this.preset],
      pane = this.pictures.find((p) => p.group.startsWith("magnitude"));
    if (!pane) return;
    for (const p of this.pictures)
      if (p.group.startsWith("magnitude"))
        this.windows.set(p.group, { low: low * this.topOf(p), high: high * this.topOf(p) });
    this.redraw();
    this.announce(`Window: ${name}`);
  }

  zoomOf(pane) {
    return this.zooms.get(pane.domain) || { scale: 1, x: 0.5, y: 0.5 };
  }

  /** Zoom about a place that stays under the cursor. */
  zoom(pane, factor, about = { x: 0.5, y: 0.5 }) {
    const old = this.zoomOf(pane),
      scale = clamp(old.scale * factor, 1, 16),
      keep = old.scale / scale;
    this.panTo(pane, scale, about.x + (old.x - about.x) * keep, about.y + (old.y - about.y) * keep);
  }

  panTo(pane, scale, x, y) {
    const edge = 0.5 / scale;
    this.zooms.set(pane.domain, { scale, x: clamp(x, edge, 1 - edge), y: clamp(y, edge, 1 - edge) });
    this.redraw();
  }

  stepSlice(step) {
    const stacks = this.pictures.filter((p) => p.content.shape[0] > 1);
    const before = stacks.map((p) => p.slice).join();
    for (const p of stacks) p.slice = clamp(p.slice + step, 0, p.content.shape[0] - 1);
    if (stacks.map((p) => p.slice).join() === before) return false;
    this.redraw();
    return true;
  }

  /** Two panes in one place, by turns; a single step for readers who asked for less motion. */
  flicker(names) {
    const [a, b] = names.map((name) => this.pane(name));
    if (!a || !b || a.isFigure || b.isFigure) return;
    if (this.flickering) return this.stopFlicker();
    this.flickering = { target: b, other: a, on: true };
    b.element.classList.add("mrt-flickering");
    if (!still())
      this.flickering.timer = setInterval(() => {
        if (this.flickering) {
          this.flickering.on = !this.flickering.on;
          this.redraw();
        }
      }, 700);
    this.redraw();
    this.refreshTools?.();
  }

  stopFlicker() {
    if (!this.flickering) return;
    clearInterval(this.flickering.timer);
    this.flickering.target.element.classList.remove("mrt-flickering");
    this.flickering = null;
    this.redraw();
    this.refreshTools?.();
  }

  redraw() {
    for (const pane of this.panes) {
      if (!pane.content) continue;
      const f = this.flickering;
      pane.draw(f && f.target === pane && f.on ? f.other : null);
    }
  }

  announce(words) {
    say(this.status, words);
  }

  /** A sentence over the panes (why there is no picture, what went wrong), or null. */
  tell(words) {
    this.message.hidden = !words;
    say(this.message, words || "");
  }

  present(on = !this.console.classList.contains("mrt-present")) {
    this.console.classList.toggle("mrt-present", on);
    if (on) this.console.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement) document.exitFullscreen();
    this.redraw();
    this.refreshTools?.();
  }
}
