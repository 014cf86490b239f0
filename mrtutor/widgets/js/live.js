// The live widget: the same mount; questions go to the kernel one at a time, the newest wins.

/** ask(state) for a kernel: one question under way, at most one waiting (older waiting ones are dropped). */
function makeAsk(model) {
  let running = null,
    waiting = null,
    count = 0;
  const send = (question) => {
    running = question;
    model.send({ type: "ask", id: question.id, state: question.state });
  };
  model.on("msg:custom", (message, buffers) => {
    if (message.type !== "answer" || !running || message.id !== running.id) return;
    const done = running;
    running = null;
    if (waiting) {
      const next = waiting;
      waiting = null;
      send(next);
    }
    if (message.error) done.reject(new Error(message.error));
    else done.resolve(asBytes(buffers[0]));
  });
  return (state) =>
    new Promise((resolve, reject) => {
      const question = { state, id: ++count, resolve, reject };
      if (!running) return send(question);
      waiting?.reject(null); // overtaken
      waiting = question;
    });
}

const asBytes = (view) =>
  view instanceof ArrayBuffer ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function render({ model, el }) {
  const place = h("div");
  el.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  }); // to JupyterLab d d deletes a cell
  el.append(place);
  el.mrtutor = mount(place, asBytes(model.get("payload")), { ask: makeAsk(model) });
  requestAnimationFrame(() => el.mrtutor.viewer?.redraw());
}

export default { render };
