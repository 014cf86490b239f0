// The kinds of question. Each returns {element, answer(value), restore(value)}; answer judges and says.

const fold = (element) => h("div", { class: "mrt-work" }, element);

/** A picture that only shows (no window, no zoom): for options, orders and matches. */
function stillPicture({ data, geometry, show, window }, read, alt) {
  const values = read(data),
    top = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1,
    [ny, nx] = data.shape;
  const [low, high] = window || SHOWS[show].window || (SHOWS[show].log ? [0, 1] : [show === "signed" ? -top : 0, top]);
  const viewer = {
    windowOf: () => ({ low, high }),
    zoomOf: () => ({ scale: 1, x: 0.5, y: 0.5 }),
    topOf: () => top,
    marks: [],
    inverted: false,
    squares: null,
    cross: null,
  };
  const pane = new Pane(viewer, { name: alt, title: "", geometry });
  pane.stage.removeAttribute("tabindex");
  const [w, hh] = extent(geometry, ny, nx);
  pane.element.style.setProperty("--mrt-aspect", `${w} / ${hh}`);
  pane.set({ data: values, shape: [1, ny, nx], show, top, corners: {} });
  new ResizeObserver(() => {
    pane.draw();
    pane.stage.setAttribute("aria-label", alt);
  }).observe(pane.stage);
  pane.element.classList.add("mrt-still");
  return pane;
}

/** A picture of a question, with window and zoom. */
function questionPicture(item, read, host) {
  if (!item.picture) return null;
  const { data, geometry, show, window } = item.picture,
    [ny, nx] = data.shape,
    values = read(data),
    top = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  const viewer = new Viewer(host, { geometry, alt: item.picture_alt });
  viewer.layout([{ name: "picture", title: "", kind: "image" }]);
  viewer.shape(ny, nx);
  const pane = viewer.pane("picture");
  pane.set({
    data: values,
    shape: [1, ny, nx],
    show,
    top,
    reference: show === "magnitude" ? top : null,
    window,
    corners: { tl: "" },
  });
  pane.title = item.picture_alt;
  addTools(viewer);
  viewer.redraw();
  return { viewer, pane };
}

const ITEMS = {
  choice(item, { read, tell }) {
    const name = `mrt-q${++controlCount}`,
      picture = h("div", { class: "mrt-picture" }),
      shown = questionPicture(item, read, picture);
    const judge = (i, stored) => {
      inputs[i].checked = true;
      return tell({ right: item.options[i].right, message: item.options[i].why }, i, item.options[i].text, stored);
    };
    const inputs = item.options.map((_, i) =>
      h("input", { type: "radio", name, id: `${name}-${i}`, onchange: () => judge(i) }),
    );
    const options = h(
      "fieldset",
      { class: `mrt-options ${item.pictures ? "mrt-gallery" : ""}` },
      h("legend", { class: "mrt-hidden" }, item.question),
      item.options.map((option, i) => [
        inputs[i],
        h(
          "label",
          { for: `${name}-${i}` },
          item.pictures ? stillPicture(item.pictures[i], read, `Picture ${"ABCDEFGH"[i]}`).element : null,
          h("b", {}, "ABCDEFGH"[i]),
          rich("span", {}, option.text),
        ),
      ]),
    );
    return {
      element: fold([item.picture ? picture : null, options]),
      pane: shown?.pane,
      answer: (i) => judge(i),
      restore: (i) => item.options[i] && judge(i, true),
    };
  },

  number(item, { read, tell }) {
    const picture = h("div", { class: "mrt-picture" }),
      shown = questionPicture(item, read, picture),
      input = h("input", {
        type: "text",
        inputmode: "decimal",
        size: 8,
        "aria-label": item.question,
        autocomplete: "off",
      });
    const near = (a, b) => Math.abs(a - b) <= Math.max(item.tolerance, 1e-9 * Math.abs(b));
    const judge = (words, stored) => {
      input.value = words;
      const value = Number(String(words).trim().replace(",", "."));
      if (String(words).trim() === "" || Number.isNaN(value))
        return tell({ right: false, message: "Type a number." }, words, words, stored);
      const known = item.wrong.find(([wrong]) => near(value, wrong));
      return tell(
        near(value, item.value)
          ? { right: true, message: item.right }
          : { right: false, message: known ? known[1] : item.otherwise },
        words,
        String(words),
        stored,
      );
    };
    const form = h(
      "form",
      {
        class: "mrt-number",
        onsubmit: (event) => {
          event.preventDefault();
          judge(input.value);
        },
      },
      input,
      item.unit ? h("span", {}, item.unit) : null,
      h("button", { class: "mrt-button mrt-primary" }, "Check"),
    );
    return {
      element: fold([item.picture ? picture : null, form]),
      pane: shown?.pane,
      answer: (v) => judge(String(v)),
      restore: (v) => judge(v, true),
    };
  },

  click(item, { read, tell }) {
    const host = h("div", { class: "mrt-picture" }),
      { viewer, pane } = questionPicture(item, read, host),
      { target } = item;
    const judge = (clicks, stored) => {
      picker.set(clicks);
      const result = judgeClicks(target, clicks, pane.geometry, read);
      const truth = result.right
        ? target.places.filter((p) => !p.region).map((p) => ({ x: p.x, y: p.y, r: target.tolerance, kind: "truth" }))
        : [];
      viewer.marks = [...viewer.marks.filter((m) => m.kind !== "truth"), ...truth];
      pane.drawMarks();
      return tell(result, clicks, clicks.map(placeToSquare).join(" "), stored);
    };
    const picker = makePicker(viewer, target, (marks) => {
      if (marks.length === target.clicks) judge(marks.map((m) => ({ ...m })));
    });
    return {
      element: fold([target.prompt ? rich("p", {}, target.prompt) : null, host, picker.element]),
      pane,
      answer: (clicks) => judge(clicks),
      restore: (clicks) => judge(clicks, true),
    };
  },

  order(item, { read, tell }) {
    let order = shuffled(item.items.length, item.seed);
    const list = h("ol", { class: `mrt-order ${item.pictures ? "mrt-gallery" : ""}` });
    const rows = item.items.map((words, i) => {
      const shift = (step, label) =>
        h(
          "button",
          {
            type: "button",
            class: "mrt-tool",
            "aria-label": `${words}: ${label}`,
            title: label,
            onclick: () => {
              move(i, step);
              rows[i].querySelectorAll("button")[step < 0 ? 0 : 1].focus();
            },
          },
          step < 0 ? "↑" : "↓",
        );
      return h(
        "li",
        {},
        item.pictures ? stillPicture(item.pictures[i], read, words).element : null,
        rich("span", {}, words),
        h("span", { class: "mrt-shift" }, shift(-1, "earlier"), shift(1, "later")),
      );
    });
    const draw = () => list.replaceChildren(...order.map((i) => rows[i]));
    const move = (i, step) => {
      const at = order.indexOf(i),
        to = at + step;
      if (to < 0 || to >= order.length) return;
      [order[at], order[to]] = [order[to], order[at]];
      draw();
    };
    const judge = (value, stored) => {
      order = [...value];
      draw();
      const right = order.every((v, i) => v === i),
        known = item.messages.find(([rule]) => same(rule, order) || (rule[0] === "first" && rule[1] === order[0]));
      return tell(
        { right, message: right ? item.right : known ? known[1] : item.otherwise },
        order,
        order.map((i) => item.items[i]).join(" > "),
        stored,
      );
    };
    draw();
    return {
      element: fold([
        list,
        h("button", { type: "button", class: "mrt-button mrt-primary", onclick: () => judge(order) }, "Check"),
      ]),
      answer: (v) => judge(v),
      restore: (v) => judge(v, true),
    };
  },

  match(item, { read, tell }) {
    const offered = shuffled(item.names.length, item.seed),
      answer = item.names.map(() => null);
    const selects = item.pictures.map((_, i) =>
      h(
        "select",
        {
          "aria-label": `Name of picture ${i + 1}`,
          onchange: (event) => {
            answer[i] = event.target.value === "" ? null : Number(event.target.value);
          },
        },
        h("option", { value: "" }, "choose …"),
        offered.map((j) => h("option", { value: j }, item.names[j])),
      ),
    );
    const cards = h(
      "div",
      { class: "mrt-gallery" },
      item.pictures.map((picture, i) =>
        h("div", { class: "mrt-card" }, stillPicture(picture, read, `Picture ${i + 1}`).element, selects[i]),
      ),
    );
    const judge = (value, stored) => {
      value.forEach((j, i) => {
        answer[i] = j;
        selects[i].value = j === null ? "" : j;
      });
      if (value.includes(null)) return tell({ right: false, message: "Name every picture first." }, value, "", stored);
      const wrong = value.map((j, i) => [i, j]).filter(([i, j]) => i !== j),
        known = [
          ...new Set(wrong.map((pair) => item.messages.find(([rule]) => same(rule, pair))?.[1]).filter(Boolean)),
        ];
      return tell(
        { right: !wrong.length, message: wrong.length ? known.join(" ") || item.otherwise : item.right },
        value,
        value.map((j, i) => `${i + 1}: ${item.names[j]}`).join("; "),
        stored,
      );
    };
    return {
      element: fold([
        cards,
        h("button", { type: "button", class: "mrt-button mrt-primary", onclick: () => judge([...answer]) }, "Check"),
      ]),
      answer: (v) => judge(v),
      restore: (v) => judge(v, true),
    };
  },
};

/** The same shuffle for everyone, never the right order itself. */
function shuffled(n, seed) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = hash32(seed * 101 + i + 7) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order.every((v, i) => v === i) && n > 1 ? [...order.slice(1), order[0]] : order;
}
