// Mouse, finger, wheel and keyboard on the panes; the tools; the list of keys.

const KEYS = [
  ["drag", "window (sideways) and level (up, down)"],
  ["double click", "reset window and zoom"],
  ["Ctrl + wheel", "zoom"],
  ["Shift + drag", "move the zoomed picture"],
  ["wheel, or [ and ]", "slices (after a click on the pane)"],
  ["Shift + arrows", "window and level"],
  ["+ − and arrows", "zoom, and move when zoomed"],
  ["0", "reset"],
  ["w", "next window preset"],
  ["i", "invert"],
  ["f", "flicker"],
  ["d", "difference"],
  ["p", "presenter"],
  ["l", "link to this picture"],
  ["?", "this list"],
  ["Esc", "close, stop"],
];
const ICONS = {
  window: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  invert: "M2 2h12v12H2zM2 14 14 2",
  flicker: "M2 2h8v8H2zM6 6h8v8H6z",
  difference: "M3 6h5M5.5 3.5v5M9 11h5",
  reset: "M3 8a5 5 0 1 1 1.5 3.5M3 13V8.5h4.5",
  present: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5 7.500 13A3.200 3.200 0 0 1 3 8.500L4.500 7",
  help: "M5.500 6a2.500 2.500 0 1 1 3.500 2.300c-.7.4-1 .8-1 1.700M8 12.500v.5",
};

function toolButton(name, label, onclick) {
  return h(
    "button",
    { type: "button", class: "mrt-tool", title: label, "aria-label": label, onclick },
    h("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, h("path", { d: ICONS[name] })),
  );
}

/** The tools of a viewer; `extra` = {flicker: names, difference: function, link: function}. */
function addTools(viewer, extra = {}) {
  const step = (by, sign, label) =>
    h(
      "button",
      { type: "button", class: "mrt-tool", title: label, "aria-label": label, onclick: () => viewer.stepSlice(by) },
      sign,
    );
  const buttons = {
    previous: step(-1, "‹", "Previous slice ([)"),
    next: step(1, "›", "Next slice (])"), // a finger has no wheel
    window: toolButton("window", "Window preset (w)", () => viewer.nextWindow()),
    invert: toolButton("invert", "Invert (i)", () => act(viewer, "i")),
    flicker: extra.flicker && toolButton("flicker", `Flicker ${extra.flicker.join(" / ")} (f)`, () => act(viewer, "f")),
    difference: extra.difference && toolButton("difference", "Difference (d)", () => act(viewer, "d")),
    reset: toolButton("reset", "Reset window and zoom (0)", () => viewer.resetWindows()),
    present: toolButton("present", "Presenter (p)", () => viewer.present()),
    link: extra.link && toolButton("link", "Copy a link to this picture (l)", () => act(viewer, "l")),
    help: toolButton("help", "Keys (?)", () => help(viewer)),
  };
  viewer.extra = extra;
  viewer.tools.replaceChildren(...Object.values(buttons).filter(Boolean));
  viewer.refreshTools = () => {
    buttons.previous.hidden = buttons.next.hidden = !viewer.pictures.some((pane) => pane.content.shape[0] > 1);
    buttons.invert.setAttribute("aria-pressed", viewer.inverted);
    buttons.flicker?.setAttribute("aria-pressed", Boolean(viewer.flickering));
    buttons.difference?.setAttribute("aria-pressed", Boolean(extra.differenceOn?.()));
    buttons.present.setAttribute("aria-pressed", viewer.console.classList.contains("mrt-present"));
  };
  viewer.refreshTools();
}

/** One key's deed; true when the key meant something. */
function act(viewer, key, pane = viewer.pictures[0]) {
  const { extra = {} } = viewer;
  const deeds = {
    i: () => {
      viewer.inverted = !viewer.inverted;
      viewer.redraw();
    },
    f: () => extra.flicker && viewer.flicker(extra.flicker),
    d: () => extra.difference?.(),
    l: () => extra.link?.(),
    w: () => viewer.nextWindow(),
    p: () => viewer.present(),
    0: () => viewer.resetWindows(),
    "?": () => help(viewer),
    "[": () => viewer.stepSlice(-1),
    "]": () => viewer.stepSlice(1),
    "+": () => viewer.zoom(pane, 1.25),
    "=": () => viewer.zoom(pane, 1.25),
    "-": () => viewer.zoom(pane, 0.8),
  };
  if (!deeds[key]) return false;
  deeds[key]();
  viewer.refreshTools?.();
  return true;
}

function onKey(viewer, event) {
  const pane = event.target.mrtPane;
  if (event.key === "Escape") {
    if (viewer.helpBox) help(viewer);
    else if (viewer.flickering) viewer.stopFlicker();
    else if (viewer.console.classList.contains("mrt-present")) viewer.present(false);
    else return;
    return event.preventDefault();
  }
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.key !== "?")
  )
    return;
  if (pane && viewer.onPick && viewer.typeSquare(pane, event)) return event.preventDefault();
  if (pane && viewer.onPaintKey?.(pane, event)) return event.preventDefault();
  const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (pane && arrow) {
    const { scale, x, y } = viewer.zoomOf(pane);
    if (event.shiftKey) dragWindow(viewer, pane, viewer.windowOf(pane), arrow[0] * 0.04, arrow[1] * 0.04);
    else if (scale > 1) viewer.panTo(pane, scale, x + (arrow[0] * 0.08) / scale, y + (arrow[1] * 0.08) / scale);
    else return;
    return event.preventDefault();
  }
  if (act(viewer, event.key.length === 1 ? event.key.toLowerCase() : event.key, pane || viewer.pictures[0]))
    event.preventDefault();
}

/** dx widens, dy lowers the level: both as fractions of the pane. */
function dragWindow(viewer, pane, { low, high }, dx, dy) {
  const span = Math.abs(viewer.defaultWindow(pane).high) || 1,
    width = Math.max(high - low + 2 * dx * span, span * 0.01);
  const zero = ["error", "psf", "map"].includes(pane.content.show),
    level = (high + low) / 2 + dy * span;
  viewer.setWindow(pane.group, zero ? low : level - width / 2, zero ? low + width : level + width / 2);
}

function listen(viewer) {
  const { grid, console: box } = viewer;
  let drag = null;
  box.addEventListener("keydown", (event) => onKey(viewer, event));
  const paneOf = (event) => event.target.closest?.(".mrt-stage")?.mrtPane;
  grid.addEventListener("pointerdown", (event) => {
    const pane = paneOf(event);
    if (!pane?.content || event.button !== 0 || viewer.onPaint?.(pane, event)) return;
    drag = {
      pane,
      x: event.clientX,
      y: event.clientY,
      window: viewer.windowOf(pane),
      zoom: viewer.zoomOf(pane),
      pan: event.shiftKey,
      moved: false,
    };
    pane.stage.setPointerCapture(event.pointerId);
  });
  grid.addEventListener("pointermove", (event) => {
    if (drag) {
      const { pane, zoom } = drag,
        box = pane.frame(),
        dx = event.clientX - drag.x,
        dy = event.clientY - drag.y;
      if (Math.hypot(dx, dy) > 3) drag.moved = true;
      if (!drag.moved) return;
      if (drag.pan) viewer.panTo(pane, zoom.scale, zoom.x - dx / box.w, zoom.y - dy / box.h);
      else dragWindow(viewer, pane, drag.window, dx / pane.stage.clientWidth, dy / pane.stage.clientHeight);
      return;
    }
    const pane = paneOf(event),
      at = pane?.content && pane.place(event);
    hover(viewer, pane, at);
  });
  grid.addEventListener("pointerup", (event) => {
    if (drag && !drag.moved && viewer.onPick) {
      const at = drag.pane.place(event);
      if (at) viewer.onPick(drag.pane, at);
    }
    drag = null;
  });
  grid.addEventListener("pointercancel", () => {
    drag = null;
  });
  grid.addEventListener("pointerleave", () => hover(viewer, null, null));
  grid.addEventListener("dblclick", (event) => {
    if (paneOf(event) && !viewer.onPick) viewer.resetWindows();
  });
  grid.addEventListener(
    "wheel",
    (event) => {
      // the page's own scrolling is never trapped
      const pane = paneOf(event);
      if (!pane?.content) return;
      if (event.ctrlKey) {
        event.preventDefault();
        viewer.zoom(pane, Math.exp(-event.deltaY * 0.004), pane.place(event) || undefined);
      } else if (document.activeElement === pane.stage && viewer.stepSlice(Math.sign(event.deltaY)))
        event.preventDefault();
    },
    { passive: false },
  );
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && box.classList.contains("mrt-present")) viewer.present(false);
  });
}

/** Value under the cursor in the corner, a small cross at the same place in the other panes. */
function hover(viewer, pane, at) {
  const before = viewer.cross;
  if (!at) {
    if (!before) return;
    viewer.cross = null;
    before.pane.hover = null;
  } else {
    if (before && before.pane !== pane) before.pane.hover = null;
    const { value, r, c } = pane.valueAt(at);
    pane.hover = `${c}, ${r}  ${short(value)}`;
    viewer.cross = { ...at, pane, domain: pane.domain };
  }
  for (const p of viewer.pictures) {
    sayLines(p.corner.br, p.hover || p.content.corners?.br || "");
    p.drawMarks();
  }
}

/** The list of keys, over the panes. */
function help(viewer) {
  if (viewer.helpBox) {
    viewer.helpBox.remove();
    viewer.helpBox = null;
    viewer.helpFrom?.focus();
    return;
  }
  viewer.helpFrom = document.activeElement;
  const close = h("button", { type: "button", class: "mrt-button", onclick: () => help(viewer) }, "Close");
  viewer.helpBox = h(
    "div",
    { class: "mrt-help", role: "dialog", "aria-label": "Keys" },
    h(
      "dl",
      {},
      KEYS.map(([key, deed]) => h("div", {}, h("dt", {}, key), h("dd", {}, deed))),
    ),
    close,
  );
  viewer.screen.append(viewer.helpBox);
  close.focus();
}
