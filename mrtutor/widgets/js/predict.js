// The gate: commit, then the control unlocks; the prediction stays in sight, and every option gets its answer.

const CONFIDENCE = ["guess", "fairly sure", "sure"];

function mountPredict(root, { header: config, read }, context) {
  const { key, options, click } = config,
    box = h("section", { class: "mrt-gate", "aria-label": "Prediction" }),
    stage = h("div");
  root.append(box, stage);
  let moved = () => {};
  const then = mount(stage, read(config.then), { ...context, key: context.key || key, moved: () => moved() }),
    { viewer } = then;
  const hint = h("p", { class: "mrt-hint" }, "The control unlocks when you have committed.");
  viewer.controls.prepend(hint);
  const answer = { option: null, clicks: [], confidence: null };
  const handle = { ...then, state: then.state, then, key, locked: true, revealed: false, judged: null };
  let picker = null;

  const letterOf = (i) => "ABCDEFGH"[i];
  const done = () =>
    (!options.length || answer.option !== null) &&
    (!click || answer.clicks.length === click.clicks) &&
    answer.confidence !== null;

  function ask() {
    const name = `mrt-p${++controlCount}`,
      commit = h(
        "button",
        { type: "button", class: "mrt-button mrt-primary", disabled: true, onclick: () => finish(false) },
        "Commit",
      );
    const check = () => {
      commit.disabled = !done();
    };
    const list = options.length
      ? h(
          "fieldset",
          { class: "mrt-options" },
          h("legend", { class: "mrt-hidden" }, config.question),
          options.map((option, i) => [
            h("input", {
              type: "radio",
              name,
              id: `${name}-${i}`,
              onchange: () => {
                answer.option = i;
                check();
              },
            }),
            h("label", { for: `${name}-${i}` }, h("b", {}, letterOf(i)), rich("span", {}, option.text)),
          ]),
        )
      : null;
    list?.addEventListener("keydown", (event) => {
      const i = "abcdefgh".indexOf(event.key.toLowerCase());
      if (event.key.length === 1 && i >= 0 && i < options.length) {
        const radio = list.querySelectorAll("input")[i];
        radio.focus();
        radio.click();
        event.preventDefault();
      }
    });
    const sure = segments(
      { name: "confidence", label: "How sure are you?", values: CONFIDENCE },
      CONFIDENCE,
      (value) => {
        answer.confidence = value;
        check();
      },
    )[0];
    if (click)
      picker = makePicker(viewer, click, (marks) => {
        answer.clicks = marks.map((m) => ({ ...m }));
        check();
      });
    box.replaceChildren(
      h("p", { class: "mrt-kicker" }, "Commit first"),
      rich("p", { class: "mrt-question" }, config.question),
      ...[list].filter(Boolean),
      ...(click ? [h("div", { class: "mrt-target" }, rich("p", {}, click.prompt), picker.element)] : []),
      h(
        "div",
        { class: "mrt-commit" },
        sure,
        commit,
        h("button", { type: "button", class: "mrt-link", onclick: () => finish(true) }, "Show me anyway"),
      ),
    );
    then.lock?.(true);
    Object.assign(handle, { locked: true, revealed: false, judged: null });
  }

  /** After the commitment: unlock, and keep the prediction in sight. */
  function finish(anyway, stored = false) {
    picker?.stop();
    hint.remove();
    then.lock?.(false);
    handle.locked = false;
    const clicked = click && answer.clicks.length ? judgeClicks(click, answer.clicks, geometryOf(viewer), read) : null;
    const right = anyway
      ? null
      : (answer.option === null || options[answer.option].right) && (!clicked || clicked.right);
    handle.judged = { right, click: clicked };
    if (!stored) {
      const words = [
        answer.option === null ? "" : `${letterOf(answer.option)}: ${options[answer.option].text}`,
        answer.clicks.map(placeToSquare).join(" "),
      ]
        .filter(Boolean)
        .join("; ");
      store.set(key, {
        type: "predict",
        option: answer.option,
        clicks: answer.clicks,
        confidence: answer.confidence,
        anyway,
        right,
        words: anyway ? "shown anyway" : words,
      });
    }
    const mine = anyway
      ? "You asked to be shown."
      : `You said ${[answer.option === null ? "" : letterOf(answer.option), answer.clicks.map(placeToSquare).join(", ")].filter(Boolean).join(", ")} (${answer.confidence}).`;
    const explain = h("div", { class: "mrt-explain" });
    const now = h(
      "p",
      { class: "mrt-now" },
      `${mine} `,
      then.open === false ? "" : "Now move the control. ",
      h(
        "button",
        { type: "button", class: "mrt-link", onclick: () => reveal(explain, now, clicked, anyway) },
        "Explain",
      ),
    );
    const summary = options.length
      ? h(
          "ol",
          { class: "mrt-beliefs", type: "A" },
          options.map((option, i) =>
            h(
              "li",
              { class: i === answer.option ? "mrt-yours" : null },
              h("b", {}, letterOf(i)),
              rich("span", {}, option.text),
            ),
          ),
        )
      : null;
    box.replaceChildren(
      h("p", { class: "mrt-kicker" }, "Your prediction"),
      rich("p", { class: "mrt-question" }, config.question),
      ...[summary].filter(Boolean),
      now,
      explain,
    );
    viewer.announce(`${mine} The control is unlocked.`);
    moved = () => reveal(explain, now, clicked, anyway);
    if (stored || anyway || then.open === false) reveal(explain, now, clicked, anyway);
  }

  function reveal(explain, now, clicked, anyway) {
    if (handle.revealed) return;
    handle.revealed = true;
    moved = () => {};
    now.querySelector("button").remove();
    if (!anyway && then.open !== false) now.textContent = now.textContent.replace("Now move the control. ", "");
    box.querySelectorAll(".mrt-beliefs li").forEach((item, i) => {
      item.classList.add(options[i].right ? "mrt-right" : "mrt-other");
      item.querySelector("b").after(h("span", { class: "mrt-hidden" }, options[i].right ? "right: " : "not so: "));
      item.append(rich("p", {}, options[i].why));
    });
    if (click) {
      if (clicked)
        explain.append(rich("p", { class: clicked.right ? "mrt-said mrt-good" : "mrt-said mrt-bad" }, clicked.message));
      viewer.marks = [
        ...viewer.marks,
        ...click.places.filter((p) => !p.region).map((p) => ({ x: p.x, y: p.y, r: click.tolerance, kind: "truth" })),
      ];
      viewer.redraw();
    }
    explain.append(h("button", { type: "button", class: "mrt-link", onclick: restart }, "Predict again"));
  }

  function restart() {
    store.set(key, null);
    Object.assign(answer, { option: null, clicks: [], confidence: null });
    viewer.marks = viewer.marks.filter((m) => m.kind === "given");
    viewer.controls.prepend(hint);
    ask();
    viewer.redraw();
    box.querySelector("input, button")?.focus();
  }

  ask();
  const old = store.get(key);
  if (old?.type === "predict" && (old.option === null || options[old.option])) {
    Object.assign(answer, { option: old.option, clicks: old.clicks || [], confidence: old.confidence });
    picker?.set(answer.clicks);
    finish(old.anyway, true);
  }
  document.addEventListener("mrtutor-answers", (event) => {
    if (event.detail === "cleared" && !handle.locked) restart();
  });
  /** For tests and presenters: answer as a reader would. */
  handle.answer = (option, clicks = [], confidence = "guess") => {
    if (!handle.locked) restart();
    Object.assign(answer, { option, clicks, confidence });
    picker?.set(clicks);
    finish(false);
    return handle.judged;
  };
  for (const name of ["state", "panes", "metrics", "ms", "error"])
    Object.defineProperty(handle, name, { get: () => then[name] });
  return handle;
}

const geometryOf = (viewer) => viewer.pictures[0]?.geometry || viewer.geometry;
