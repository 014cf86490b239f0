// The page's host: data arrives as scripts (so that it also works from a USB stick), widgets wake when they come near.

const waiting = new Map(); // id -> places in the page that want this data
const arrived = new Map(); // id -> base64

window.mrtutorData = (id, base64) => {
  arrived.set(id, base64);
  for (const place of waiting.get(id) || []) wake(place, base64);
  waiting.delete(id);
};

async function wake(place, base64) {
  try {
    const key = keyOf(place),
      hash = hashFor(key),
      words = place.querySelector(".mrtutor-alt");
    const inside = h("div");
    const handle = mount(inside, await inflate(base64), { key, hash, page: true });
    place.replaceChildren(inside);
    place.mrtutor = handle;
    place.classList.add("mrtutor-ready");
    if (words) {
      words.classList.add("mrt-hidden");
      place.append(words);
    }
    handle.viewer?.redraw();
    place.dispatchEvent(new CustomEvent("mrtutor-ready", { bubbles: true }));
  } catch (error) {
    place.append(h("p", { class: "mrtutor-failed" }, `This picture could not be drawn: ${error.message}`));
    console.error(error);
  }
}

const keyOf = (place) => place.dataset.key || place.querySelector("[data-key]")?.dataset.key || place.dataset.id;
const hashFor = (key) => {
  const [name, rest] = location.hash.slice(1).split("?");
  return decodeURIComponent(name) === key && rest ? location.hash : "";
};

function load(place) {
  if (place.dataset.asked) return;
  place.dataset.asked = "yes";
  const { id, src } = place.dataset;
  if (arrived.has(id)) return wake(place, arrived.get(id));
  if (waiting.has(id)) return waiting.get(id).push(place);
  waiting.set(id, [place]);
  const failed = () =>
    place.append(h("p", { class: "mrtutor-failed" }, "The data of this picture could not be loaded."));
  document.head.append(h("script", { src, async: true, onerror: failed }));
}

/** A link into a widget's state: go there, wake it, set it. */
function follow() {
  for (const place of document.querySelectorAll(".mrtutor")) {
    const hash = hashFor(keyOf(place));
    if (!hash) continue;
    place.scrollIntoView({ block: "center" });
    if (place.mrtutor) place.mrtutor.goto?.(hash);
    else load(place);
  }
}

function begin() {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries)
        if (entry.isIntersecting) {
          watch.unobserve(entry.target);
          load(entry.target);
        }
    },
    { rootMargin: "400px" },
  );
  for (const place of document.querySelectorAll(".mrtutor")) watch.observe(place);
  follow();
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", () => document.querySelectorAll(".mrtutor").forEach(load));
}

style();
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
else begin();
