// One black pane: a picture turned upright, its letters, arrow, corner words, scale and marks.

const ARROW = {
  // phase encoding, along the upright picture
  horizontal: "M1 6H43M6 2 1 6l5 4M38 2l5 4-5 4",
  vertical: "M6 1V43M2 6 6 1l4 5M2 38l4 5 4-5",
};

class Pane {
  constructor(viewer, { name, title = name, geometry }) {
    Object.assign(this, { viewer, name, title, geometry, content: null, marks: [], slice: 0 });
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.picture = document.createElement("canvas");
    this.overlay = h("svg", { class: "mrt-overlay", "aria-hidden": "true" });
    this.corner = {};
    const corners = ["tl", "tr", "bl", "br"].map(
      (where) => (this.corner[where] = h("div", { class: `mrt-corner mrt-${where}` })),
    );
    this.stage = h(
      "div",
      { class: "mrt-stage", tabindex: 0, role: "img" },
      this.canvas,
      this.overlay,
      corners,
      this.furniture(),
    );
    this.element = h("figure", { class: "mrt-pane", "data-pane": name }, this.stage);
    this.stage.mrtPane = this;
  }

  /** Letters on the four sides and the arrow of the phase encoding. */
  furniture() {
    const { letters, pe } = this.geometry,
      sides = ["top", "right", "bottom", "left"];
    const parts = letters
      ? letters
          .map(
            (letter, i) =>
              letter && h("span", { class: `mrt-letter mrt-side-${sides[i]}`, "aria-hidden": "true" }, letter),
          )
          .filter(Boolean)
      : [];
    if (pe) {
      const [w, t] = pe === "horizontal" ? [44, 12] : [12, 44];
      this.arrow = h(
        "span",
        { class: `mrt-arrow mrt-arrow-${pe}`, title: "direction of phase encoding" },
        h("svg", { viewBox: `0 0 ${w} ${t}`, width: w, height: t, "aria-hidden": "true" }, h("path", { d: ARROW[pe] })),
        h("span", {}, "PE"),
      );
      parts.push(this.arrow);
    }
    return parts;
  }

  /** The arrow turns when phase and frequency direction are swapped. */
  encodeAlong(pe) {
    if (this.geometry.pe === pe) return;
    this.geometry = { ...this.geometry, pe };
    for (const part of this.stage.querySelectorAll(".mrt-letter, .mrt-arrow")) part.remove();
    this.stage.append(...this.furniture());
  }

  /** content: {data, shape: [slices, ny, nx], show, window?, top?, measured?, corners: {tl, tr, br}}. */
  set(content) {
    this.content = content;
    this.slice = clamp(this.slice, 0, content.shape[0] - 1);
  }

  get group() {
    return this.content.group || SHOWS[this.content.show].group;
  }
  get domain() {
    return SHOWS[this.content.show].domain || "picture";
  }

  /** From values to pixels, then to the screen. `other` is drawn in its place while flickering. */
  draw(other = null) {
    const pane = other || this,
      {
        shape: [, ny, nx],
        show,
        measured,
        top,
      } = pane.content,
      data = pane.content.shown || pane.content.data;
    const how = SHOWS[show],
      { low, high } = this.viewer.windowOf(pane),
      { rows, columns, source } = upright(this.geometry.turn, ny, nx);
    if (!this.image || this.image.width !== columns || this.image.height !== rows) {
      this.image = new ImageData(columns, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.picture.width = columns;
      this.picture.height = rows;
    }
    const table = colourTable(how.colours, this.viewer.inverted && how.colours === "grey"),
      { pixels } = this;
    const at = pane.slice * ny * nx,
      gain = LEVELS / Math.max(high - low, 1e-30),
      depth = 1 / Math.log1p(KSPACE_DEPTH),
      peak = KSPACE_DEPTH / (top || 1);
    for (let i = 0; i < pixels.length; i++) {
      const j = source[i];
      if (measured && !measured[j]) {
        pixels[i] = how.domain === "k" ? UNMEASURED : 0xff000000;
        continue;
      }
      const value = how.log ? Math.log1p(data[at + j] * peak) * depth : data[at + j],
        level = ((value - low) * gain) | 0;
      pixels[i] = table[level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level];
    }
    this.picture.getContext("2d").putImageData(this.image, 0, 0);
    this.stage.classList.toggle("mrt-k", Boolean(how.domain) || how.scale === true);
    this.paint();
    this.words(pane, low, high);
    this.drawMarks();
  }

  /** Where the picture lies in the pane, zoomed: {x, y, w, h} in CSS pixels. */
  frame() {
    const [, ny, nx] = this.content.shape,
      width = this.stage.clientWidth,
      height = this.stage.clientHeight;
    const [pw, ph] = extent(this.geometry, ny, nx, this.domain === "k"),
      fit = Math.min(width / pw, height / ph);
    const { scale, x, y } = this.viewer.zoomOf(this),
      w = pw * fit * scale,
      hh = ph * fit * scale;
    return { x: width / 2 - x * w, y: height / 2 - y * hh, w, h: hh };
  }

  paint() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2),
      { canvas, stage } = this;
    const width = Math.round(stage.clientWidth * ratio),
      height = Math.round(stage.clientHeight * ratio);
    if (!width || !height) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d"),
      { x, y, w, h: hh } = this.frame();
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    let picture = this.picture;
    if (this.domain === "k") {
      // samples stay crisp: first enlarged without smoothing, then fitted
      this.crisp ??= document.createElement("canvas");
      const times = 4;
      this.crisp.width = picture.width * times;
      this.crisp.height = picture.height * times;
      const fine = this.crisp.getContext("2d");
      fine.imageSmoothingEnabled = false;
      fine.drawImage(picture, 0, 0, this.crisp.width, this.crisp.height);
      picture = this.crisp;
    }
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, x * ratio, y * ratio, w * ratio, hh * ratio);
  }

  words(pane, low, high) {
    const {
        corners = {},
        show,
        shape: [slices],
        reference,
      } = pane.content,
      how = SHOWS[show];
    const factor = reference && show === "error" ? ` ×${short(reference / high, 2)}` : "";
    sayLines(
      this.corner.tl,
      [(corners.tl ?? pane.title) + factor, slices > 1 ? `slice ${pane.slice + 1} / ${slices}` : null]
        .filter(Boolean)
        .join("\n"),
    );
    sayLines(this.corner.tr, corners.tr || "");
    sayLines(this.corner.br, this.hover || corners.br || "");
    if (how.scale) {
      const key = [how.colours, short(low), short(high), corners.unit].join();
      if (this.scaleKey !== key) {
        this.scaleKey = key;
        const bar = h("i", {
          style: `background:linear-gradient(to right,${STOPS[how.colours]
            .split(" ")
            .map((c) => `#${c}`)
            .join()})`,
        });
        const ends =
          show === "error" && reference
            ? ["0", `${short((100 * high) / reference, 2)} %`]
            : show === "phase"
              ? ["−π", "π"]
              : [short(low, 2), short(high, 2) + (corners.unit ? ` ${corners.unit}` : "")];
        this.corner.bl.replaceChildren(h("span", { class: "mrt-scale" }, ends[0], bar, ends[1]));
      }
    } else {
      this.scaleKey = null;
      const top = this.viewer.topOf(pane),
        [w, l] = [(high - low) / top, (high + low) / 2 / top].map((v) => Math.round(100 * v));
      sayLines(
        this.corner.bl,
        show === "mask" || (how.log && w === 100 && l === 50) ? corners.bl || "" : `W ${w}  L ${l}`,
      );
    }
    const label = [this.title, corners.tr, corners.br, this.geometry.pe ? `phase encoding ${this.geometry.pe}` : ""]
      .filter(Boolean)
      .join(", ");
    if (this.label !== label) this.stage.setAttribute("aria-label", (this.label = label));
  }

  /** Screen position -> fractions of the upright picture, or null outside. */
  place(event) {
    const box = this.stage.getBoundingClientRect(),
      { x, y, w, h: hh } = this.frame();
    const at = { x: (event.clientX - box.left - x) / w, y: (event.clientY - box.top - y) / hh };
    return at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1 ? at : null;
  }

  /** The value under a place, and its position in the upright picture. */
  valueAt({ x, y }) {
    const {
        data,
        shape: [, ny, nx],
      } = this.content,
      { rows, columns, source } = upright(this.geometry.turn, ny, nx);
    const r = Math.floor(y * rows),
      c = Math.floor(x * columns);
    return { value: data[this.slice * ny * nx + source[r * columns + c]], r, c, index: source[r * columns + c] };
  }

  drawMarks() {
    const { x, y, w, h: hh } = this.frame(),
      { viewer, overlay } = this,
      at = (p) => [x + p.x * w, y + p.y * hh];
    const parts = [];
    if (viewer.squares === this) parts.push(...squareGrid(x, y, w, hh));
    for (const mark of [...this.marks, ...(this.domain === "picture" ? viewer.marks : [])]) {
      const [px, py] = at(mark);
      if (mark.r)
        parts.push(
          h("circle", { cx: px, cy: py, r: Math.max(6, mark.r * w), class: `mrt-mark mrt-mark-${mark.kind}` }),
        );
      else
        parts.push(
          h("path", { d: `M${px - 9} ${py}h6m6 0h6M${px} ${py - 9}v6m0 6v6`, class: `mrt-mark mrt-mark-${mark.kind}` }),
        );
      if (mark.label)
        parts.push(
          h("text", { x: px + (mark.r ? mark.r * w : 9) + 3, y: py - 6, class: "mrt-mark-label" }, mark.label),
        );
    }
    if (viewer.cross && viewer.cross.pane !== this && viewer.cross.domain === this.domain) {
      const [px, py] = at(viewer.cross);
      parts.push(h("path", { d: `M${px - 7} ${py}h5m4 0h5M${px} ${py - 7}v5m0 4v5`, class: "mrt-cross" }));
    }
    if (parts.length || overlay.childNodes.length) overlay.replaceChildren(...parts);
  }
}

/** The squares A1 to H8, for clicks by keyboard. */
function squareGrid(x, y, w, hh) {
  const parts = [];
  for (let i = 0; i <= 8; i++)
    parts.push(h("path", { d: `M${x + (i * w) / 8} ${y}v${hh}M${x} ${y + (i * hh) / 8}h${w}`, class: "mrt-square" }));
  for (let i = 0; i < 8; i++) {
    parts.push(h("text", { x: x + ((i + 0.5) * w) / 8, y: y + 10, class: "mrt-square-label" }, SQUARES[i]));
    parts.push(h("text", { x: x + 7, y: y + ((i + 0.5) * hh) / 8 + 3, class: "mrt-square-label" }, String(i + 1)));
  }
  return parts;
}
