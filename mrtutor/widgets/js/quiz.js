// Questions that answer back, one below the other; the score stays in this browser.

function mountQuiz(root, { header: config, read }, context) {
  const { key, items } = config,
    old = store.get(key)?.items || {},
    record = { ...old },
    score = h("span", { class: "mrt-score", role: "status" });
  const list = h("ol", { class: "mrt-items" }),
    handle = { state: record, panes: [], metrics: {}, config, items: [] };
  items.forEach((item, i) => {
    const said = h("div", { class: "mrt-feedback", role: "status" });
    /** Judge, say, remember. */
    const tell = (result, value, words, stored = false) => {
      said.replaceChildren(rich("p", { class: `mrt-said ${result.right ? "mrt-good" : "mrt-bad"}` }, result.message));
      if (!stored) {
        record[i] = {
          value,
          words,
          right: result.right,
          tries: (record[i]?.tries || 0) + 1,
          first: record[i]?.first ?? result.right,
        };
        store.set(key, { type: "quiz", items: record });
      }
      card.classList.toggle("mrt-solved", result.right);
      count();
      return result;
    };
    const made = ITEMS[item.type](item, { read, tell, index: i });
    const card = h(
      "li",
      { class: "mrt-item", "data-type": item.type },
      rich("p", { class: "mrt-question" }, item.question),
      made.element,
      said,
    );
    list.append(card);
    handle.items.push(made);
    if (made.pane)
      handle.panes.push({
        name: `item ${i + 1}`,
        data: made.pane.content.data,
        shape: made.pane.content.shape.slice(1),
      });
    if (record[i]) made.restore(record[i].value);
  });
  function count() {
    const right = Object.values(record).filter((r) => r.right).length,
      first = Object.values(record).filter((r) => r.first).length;
    say(
      score,
      right
        ? `${right} of ${items.length} right${first < right ? `, ${first} at the first try` : ""}`
        : items.length === 1
          ? "1 question"
          : `${items.length} questions`,
    );
    handle.metrics = { right, first, of: items.length };
  }
  const again = h(
    "button",
    {
      type: "button",
      class: "mrt-link",
      onclick: () => {
        store.set(key, null);
        fresh();
      },
    },
    "Start this one over",
  );
  function fresh() {
    root.replaceChildren();
    const next = mountQuiz(root, { header: config, read }, context);
    Object.assign(handle, next);
  }
  document.addEventListener("mrtutor-answers", (event) => {
    if (event.detail === "cleared" && root.isConnected && Object.keys(handle.state).length) fresh();
  });
  root.append(
    h(
      "section",
      { class: "mrt-quiz", "aria-label": config.title },
      h("header", {}, h("p", { class: "mrt-kicker" }, config.title), score),
      list,
      h("footer", {}, again, answersBar()),
    ),
  );
  count();
  /** For tests: answer item i as a reader would; {right, message}. */
  handle.answer = (i, value) => handle.items[i].answer(value);
  return handle;
}
