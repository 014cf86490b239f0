// What the reader answered: kept in this browser only; can be taken away as a file, or wiped.

/** One row an answer: key, item, answer, confidence, right, time. */
function answerRows() {
  const rows = [];
  for (const [key, record] of Object.entries(store.all())) {
    if (record.type === "predict")
      rows.push({
        key,
        item: "prediction",
        answer: record.words,
        confidence: record.confidence,
        right: record.right,
        tries: 1,
        at: record.at,
      });
    for (const [i, item] of Object.entries(record.items || {}))
      rows.push({
        key,
        item: Number(i) + 1,
        answer: item.words,
        confidence: "",
        right: item.right,
        tries: item.tries,
        at: record.at,
      });
  }
  return rows;
}

/** A table cell that no spreadsheet takes for a formula. */
const cell = (value) =>
  `"${String(value ?? "")
    .replace(/^(?=[=+\-@\t\r])/, "'")
    .replace(/"/g, '""')}"`;

function answersAsCsv() {
  const columns = ["key", "item", "answer", "confidence", "right", "tries", "at"];
  return `${[columns.join(), ...answerRows().map((row) => columns.map((c) => cell(row[c])).join())].join("\r\n")}\r\n`;
}

const answersAsJson = () => JSON.stringify({ course: "mrtutor", answers: store.all() }, null, 1);

/** Take along, or wipe: for all answers of the book. */
function answersBar() {
  const sure = h(
    "button",
    {
      type: "button",
      class: "mrt-link",
      onclick: () => {
        if (sure.dataset.asked) {
          store.clear();
          sure.textContent = "Cleared.";
          delete sure.dataset.asked;
        } else {
          sure.dataset.asked = "yes";
          sure.textContent = "Really clear every answer of the book?";
          setTimeout(() => {
            delete sure.dataset.asked;
            sure.textContent = "Clear all answers";
          }, 4000);
        }
      },
    },
    "Clear all answers",
  );
  return h(
    "p",
    { class: "mrt-answers" },
    "Answers stay in this browser. ",
    h(
      "button",
      { type: "button", class: "mrt-link", onclick: () => download("mrtutor-answers.csv", "text/csv", answersAsCsv()) },
      "Export CSV",
    ),
    " ",
    h(
      "button",
      {
        type: "button",
        class: "mrt-link",
        onclick: () => download("mrtutor-answers.json", "application/json", answersAsJson()),
      },
      "Export JSON",
    ),
    " ",
    sure,
  );
}

/** Clicks on a picture: by mouse or finger, by typing a square on the pane, or in a small field. */
function makePicker(viewer, target, changed) {
  const marks = [],
    input = h("input", {
      type: "text",
      size: 4,
      maxlength: 2,
      "aria-label": "Square, A1 to H8",
      placeholder: "C5",
      autocomplete: "off",
    });
  const where = h("span", { class: "mrt-where" });
  let letter = null,
    on = true;
  const draw = () => {
    viewer.marks = [
      ...viewer.marks.filter((m) => m.kind !== "mine"),
      ...marks.map((m, i) => ({ ...m, kind: "mine", label: marks.length > 1 ? `you ${i + 1}` : "you" })),
    ];
    say(where, marks.map(placeToSquare).join(", "));
    viewer.pictures.forEach((p) => p.drawMarks());
  };
  const add = (at) => {
    if (!on) return;
    marks.push({ x: at.x, y: at.y });
    while (marks.length > target.clicks) marks.shift();
    draw();
    viewer.announce(`Marked ${placeToSquare(at)}`);
    changed(marks);
  };
  viewer.onPick = (pane, at) => {
    if (pane.domain === "picture") add(at);
  };
  viewer.typeSquare = (_pane, event) => {
    const key = event.key.toUpperCase();
    if (/^[A-H]$/.test(key)) letter = key;
    else if (/^[1-8]$/.test(key) && letter) {
      add(squareToPlace(letter + key));
      letter = null;
    } else return false;
    return true;
  };
  const grid = (event) => {
    const pane = event.target.mrtPane;
    viewer.squares =
      on && event.type === "focusin" && pane?.stage.matches(":focus-visible") && pane.domain === "picture"
        ? pane
        : null;
    viewer.pictures.forEach((p) => p.drawMarks());
  };
  viewer.grid.addEventListener("focusin", grid);
  viewer.grid.addEventListener("focusout", grid);
  input.addEventListener("input", () => {
    const at = squareToPlace(input.value);
    if (at) {
      add(at);
      input.value = "";
    }
  });
  input.addEventListener("focus", () => {
    viewer.squares = viewer.pictures[0];
    viewer.pictures.forEach((p) => p.drawMarks());
  });
  input.addEventListener("blur", () => {
    viewer.squares = null;
    viewer.pictures.forEach((p) => p.drawMarks());
  });
  return {
    marks,
    add,
    element: h(
      "p",
      { class: "mrt-pick" },
      h(
        "span",
        {},
        target.clicks > 1 ? `Click ${target.clicks} places, ` : "Click in the picture, ",
        "or type a square (A1 to H8): ",
      ),
      input,
      " ",
      where,
    ),
    set(places) {
      marks.splice(0, marks.length, ...places);
      draw();
    },
    stop() {
      on = false;
      viewer.onPick = null;
      viewer.squares = null;
    },
  };
}
