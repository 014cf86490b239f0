// One calm row of controls: sliders for numbers, segments for few words, a list for many.

const nameOf = (control, i) => {
  const value = control.values[i];
  const words = control.names
    ? control.names[i]
    : value === null
      ? "none"
      : value === true
        ? "on"
        : value === false
          ? "off"
          : String(value);
  return control.unit && !control.names ? `${words} ${control.unit}` : words;
};

/** {set(state), lock(on), state}: `changed(state)` is called at most once a frame, always with the newest position. */
function makeControls(container, controls, start, changed) {
  const state = { ...start },
    open = controls.filter((c) => c.values.length > 1),
    made = new Map();
  let waiting = false;
  const move = (name, value) => {
    state[name] = value;
    made.get(name)?.(value);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      changed({ ...state });
    });
  };
  const group = h("fieldset", { class: "mrt-row" }, h("legend", { class: "mrt-hidden" }, "Controls"));
  for (const control of open) {
    const [element, show] = makeControl(control, (value) => move(control.name, value));
    made.set(control.name, show);
    show(state[control.name]);
    group.append(element);
  }
  container.append(...(open.length ? [group] : []));
  return {
    state,
    element: group,
    set(values) {
      Object.assign(state, values);
      for (const [name, value] of Object.entries(values)) made.get(name)?.(value);
    },
    lock(on) {
      group.disabled = on;
      group.classList.toggle("mrt-locked", on);
    },
  };
}

function makeControl(control, move) {
  const numbers = control.values.every((v) => typeof v === "number" || v === null),
    words = control.values.map((_, i) => nameOf(control, i));
  if (numbers && control.values.length >= 3) return slider(control, words, move);
  if (control.values.length <= 5 && words.join("").length <= 64) return segments(control, words, move);
  return list(control, words, move);
}

let controlCount = 0;

function slider(control, words, move) {
  const id = `mrt-c${++controlCount}`,
    last = control.values.length - 1,
    output = h("output", { for: id });
  const input = h("input", {
    type: "range",
    id,
    min: 0,
    max: last,
    step: 1,
    "data-name": control.name,
    oninput: () => move(control.values[input.value]),
  });
  const marks =
    last <= 14
      ? h(
          "span",
          { class: "mrt-ticks", "aria-hidden": "true" },
          control.values.map(() => h("i")),
        )
      : null;
  const show = (value) => {
    const i = Math.max(control.values.indexOf(value), 0);
    input.value = i;
    input.setAttribute("aria-valuetext", words[i]);
    input.style.setProperty("--mrt-at", `${(100 * i) / last}%`);
    say(output, words[i]);
  };
  return [
    h(
      "div",
      { class: "mrt-control mrt-slider" },
      h("label", { for: id }, control.label),
      output,
      h("span", { class: "mrt-track" }, marks, input),
    ),
    show,
  ];
}

function segments(control, words, move) {
  const name = `mrt-c${++controlCount}`;
  const inputs = control.values.map((value, i) =>
    h("input", { type: "radio", name, id: `${name}-${i}`, "data-name": control.name, onchange: () => move(value) }),
  );
  const show = (value) => {
    const i = control.values.indexOf(value);
    if (inputs[i]) inputs[i].checked = true;
  };
  return [
    h(
      "div",
      { class: "mrt-control", role: "radiogroup", "aria-label": control.label },
      h("span", { class: "mrt-label" }, control.label),
      h(
        "span",
        { class: "mrt-segments" },
        inputs.map((input, i) => [input, h("label", { for: `${name}-${i}` }, words[i])]),
      ),
    ),
    show,
  ];
}

function list(control, words, move) {
  const id = `mrt-c${++controlCount}`;
  const select = h(
    "select",
    { id, "data-name": control.name, onchange: () => move(control.values[select.selectedIndex]) },
    words.map((word) => h("option", {}, word)),
  );
  const show = (value) => {
    select.selectedIndex = control.values.indexOf(value);
  };
  return [h("div", { class: "mrt-control" }, h("label", { for: id }, control.label), select), show];
}

/** Buttons that set several controls at once. */
function presetButtons(container, presets, apply) {
  if (!presets?.length) return;
  container.append(
    h(
      "div",
      { class: "mrt-presets", role: "group", "aria-label": "Presets" },
      presets.map(([words, state]) =>
        h("button", { type: "button", class: "mrt-chip", onclick: () => apply(state) }, words),
      ),
    ),
  );
}

/** A state as a piece of the URL, and back; values travel as their positions' words. */
function stateToHash(key, state, controls) {
  const open = controls.filter((c) => c.values.length > 1);
  return `#${encodeURIComponent(key)}?${open.map((c) => `${encodeURIComponent(c.name)}=${encodeURIComponent(JSON.stringify(state[c.name]))}`).join("&")}`;
}

function hashToState(hash, controls) {
  const state = {};
  for (const part of (hash.split("?")[1] || "").split("&")) {
    const [name, words] = part.split("=").map((s) => {
        try {
          return decodeURIComponent(s);
        } catch {
          return s;
        }
      }),
      control = controls.find((c) => c.name === name);
    const value = control?.values.find((v) => JSON.stringify(v) === words || String(v) === words);
    if (control && value !== undefined) state[name] = value;
  }
  return state;
}

/** Put a link to this state into the address bar and on the clipboard. */
function copyLink(viewer, hash) {
  history.replaceState(null, "", hash);
  const done = () => viewer.announce("Link to this picture copied.");
  navigator.clipboard?.writeText(location.href).then(done, done);
  viewer.tell("The address of this page now leads to this picture.");
  setTimeout(() => viewer.tell(null), 2000);
}
