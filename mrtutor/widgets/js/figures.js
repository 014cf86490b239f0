// Panes that are not pictures: bars, curves, words. Drawn as SVG or text on the same black.

class FigurePane {
  constructor(viewer, { name, title = name }) {
    Object.assign(this, { viewer, name, title, isFigure: true, marks: [] });
    this.body = h("div", { class: "mrt-figure" });
    this.stage = h(
      "div",
      { class: "mrt-stage", tabindex: 0, role: "img" },
      this.body,
      h("div", { class: "mrt-corner mrt-tl" }, title),
    );
    this.element = h("figure", { class: "mrt-pane", "data-pane": name }, this.stage);
  }
  set(content) {
    this.content = content;
  }
  draw() {
    const { kind } = this.content,
      width = this.stage.clientWidth || 300,
      height = this.stage.clientHeight || 300;
    this.stage.setAttribute("aria-label", `${this.title}: ${figureWords(this.content)}`);
    if (kind === "text") {
      // to be read, not looked at: the text itself scrolls and takes the focus
      this.stage.setAttribute("role", "group");
      this.stage.removeAttribute("tabindex");
      this.body.replaceChildren(wordsPane(this.content));
    } else
      this.body.replaceChildren(
        h(
          "svg",
          { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
          kind === "bars" ? barParts(this.content, width, height) : lineParts(this.content, width, height),
        ),
      );
  }
  drawMarks() {}
}

function figureWords(content) {
  if (content.kind === "bars")
    return content.labels.map((label, i) => `${label} ${short(content.values[i])} ${content.unit}`).join(", ");
  if (content.kind === "line")
    return content.curves.map((c) => `${c.name}: ${short(c.y[0])} to ${short(c.y[c.y.length - 1])}`).join(", ");
  return content.words ?? content.rows.map((row) => row.join(" ")).join(", ");
}

function wordsPane({ words, rows }) {
  if (rows)
    return h(
      "div",
      { class: "mrt-words", tabindex: 0 },
      h(
        "table",
        { class: "mrt-table" },
        rows.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))),
      ),
    );
  return h(
    "div",
    { class: "mrt-words", tabindex: 0 },
    words.split("\n\n").map((part) => rich("p", {}, part)),
  );
}

function barParts({ values, labels, unit, top }, width, height) {
  const end = top || Math.max(...values, 1e-12),
    left = 14,
    bottom = height - 26,
    room = bottom - 40,
    step = (width - 2 * left) / values.length;
  const parts = [h("line", { x1: left, x2: width - left, y1: bottom, y2: bottom, class: "mrt-axis" })];
  values.forEach((value, i) => {
    const size = clamp(value / end, 0, 1) * room,
      x = left + i * step + step * 0.18;
    parts.push(h("rect", { x, y: bottom - size, width: step * 0.64, height: size, rx: 1.5, class: "mrt-bar" }));
    if (step > 16)
      parts.push(h("text", { x: x + step * 0.32, y: bottom + 14, class: "mrt-tick mrt-middle" }, labels[i]));
    if (step > 34)
      parts.push(
        h(
          "text",
          { x: x + step * 0.32, y: bottom - size - 5, class: "mrt-tick mrt-middle" },
          short(value, 2) + (unit ? ` ${unit}` : ""),
        ),
      );
  });
  return parts;
}

/** About four round numbers between two ends. */
function ticks(low, high) {
  const rough = (high - low) / 4 || 1,
    power = 10 ** Math.floor(Math.log10(rough)),
    step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const out = [];
  for (let t = Math.ceil(low / step) * step; t <= high + step * 1e-6; t += step)
    out.push(Math.abs(t) < step * 1e-9 ? 0 : t);
  return out;
}

function lineParts({ curves, x_label, y_label, log_y }, width, height) {
  const ly = (v) => (log_y ? Math.log10(Math.max(v, 1e-12)) : v),
    xs = curves.flatMap((c) => c.x),
    ys = curves.flatMap((c) => c.y.map(ly));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)],
    [y0, y1] = [log_y ? Math.min(...ys) : Math.min(0, ...ys), Math.max(...ys)];
  const left = 42,
    right = width - 12,
    top = 48,
    bottom = height - 34;
  const px = (x) => left + ((x - x0) / (x1 - x0 || 1)) * (right - left),
    py = (y) => bottom - ((y - y0) / (y1 - y0 || 1)) * (bottom - top);
  const parts = [];
  for (const t of ticks(x0, x1))
    parts.push(h("text", { x: px(t), y: bottom + 13, class: "mrt-tick mrt-middle" }, short(t)));
  for (const t of ticks(y0, y1)) {
    parts.push(h("line", { x1: left, x2: right, y1: py(t), y2: py(t), class: "mrt-grid" }));
    parts.push(h("text", { x: left - 5, y: py(t) + 3, class: "mrt-tick mrt-end" }, short(log_y ? 10 ** t : t, 2)));
  }
  parts.push(h("text", { x: (left + right) / 2, y: height - 6, class: "mrt-tick mrt-middle" }, x_label));
  parts.push(h("text", { x: 8, y: 38, class: "mrt-tick" }, y_label));
  curves.forEach((curve, i) => {
    parts.push(
      h("polyline", {
        points: curve.x.map((x, j) => `${px(x).toFixed(1)},${py(ly(curve.y[j])).toFixed(1)}`).join(" "),
        class: `mrt-curve mrt-curve-${i % 5}`,
      }),
    );
    const y = 18 + 13 * i,
      x = right - 6.2 * Math.max(...curves.map((c) => c.name.length));
    parts.push(
      h("path", { d: `M${x - 20} ${y - 4}h15`, class: `mrt-curve mrt-curve-${i % 5}` }),
      h("text", { x, y, class: "mrt-tick" }, curve.name),
    );
  });
  return parts;
}
