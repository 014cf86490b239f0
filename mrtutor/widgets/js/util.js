// Small tools: making elements (text only ever as text), numbers as words, the reader's own storage.

const SVG = "http://www.w3.org/2000/svg";

/** An element: h("p", {class: "x", onclick: f}, "words", child). Strings become text nodes, never markup. */
function h(tag, attributes = {}, ...children) {
  const svg = /^(svg|path|circle|line|rect|g|text|polyline)$/.test(tag);
  const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(3)) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** Words of a chapter with *emphasis* and **strong**: as elements, so that nothing else can become markup. */
function rich(tag, attributes, words) {
  const parts = String(words).split(/(\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/);
  return h(
    tag,
    attributes,
    parts.map((part) =>
      /^\*\*.+\*\*$/.test(part)
        ? h("strong", {}, part.slice(2, -2))
        : /^\*.+\*$/.test(part)
          ? h("em", {}, part.slice(1, -1))
          : part,
    ),
  );
}

/** Two-part corner words: the first line, and the rest that small panes leave out. */
function sayLines(element, words) {
  if (element.mrtWords === words) return;
  element.mrtWords = words;
  const [first, ...rest] = words.split("\n");
  element.replaceChildren(
    ...(first ? [h("span", {}, first)] : []),
    ...(rest.length ? [h("span", { class: "mrt-more" }, `\n${rest.join("\n")}`)] : []),
  );
}

/** Replace what an element shows by text, touching the page only when it changes. */
function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A number for people: three significant digits, no trailing zeros. */
function short(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-4)) return value.toExponential(1);
  return String(Number(value.toPrecision(digits)));
}

function minutes(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** The reader's answers: one record in the browser's own storage, nowhere else. */
const store = {
  name: "mrtutor:answers",
  memory: {},
  all() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) || {};
    } catch {
      return this.memory;
    }
  },
  get(key) {
    return this.all()[key] ?? null;
  },
  set(key, value) {
    const all = this.all();
    if (value === null) delete all[key];
    else all[key] = { ...value, at: new Date().toISOString() };
    this.memory = all;
    try {
      localStorage.setItem(this.name, JSON.stringify(all));
    } catch {
      /* storage may be forbidden: memory holds until reload */
    }
    document.dispatchEvent(new CustomEvent("mrtutor-answers"));
  },
  clear() {
    this.memory = {};
    try {
      localStorage.removeItem(this.name);
    } catch {
      /* as above */
    }
    document.dispatchEvent(new CustomEvent("mrtutor-answers", { detail: "cleared" }));
  },
};

/** Hand the reader a file made here. */
function download(name, type, content) {
  const link = h("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
