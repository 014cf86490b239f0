// One entry for both hosts: bytes in, a living widget out.

/** Put a widget into an element. context: {key, hash, page, ask}; ask(state) -> Promise of bytes, where a kernel is. */
function mount(element, bytes, context = {}) {
  style();
  const content = unpack(bytes),
    root = h("div", { class: `mrt mrt-is-${content.header.kind}` });
  element.replaceChildren(root);
  const handle = {
    explore: mountExplore,
    compare: mountCompare,
    predict: mountPredict,
    paint: mountPaint,
    quiz: mountQuiz,
  }[content.header.kind](root, content, context);
  element.mrtutor = handle;
  return handle;
}

/** The style sheet, once a page. */
function style() {
  if (document.getElementById("mrtutor-style")) return;
  const sheet = h("style", { id: "mrtutor-style" });
  sheet.textContent = STYLE;
  document.head.append(sheet);
}
