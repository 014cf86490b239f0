/* Words of the glossary explain themselves on hover and on keyboard focus. Without this script the link's title does.
   Nothing is fetched: the book writes each definition into the title of its link. */
(() => {
  if (window.mrGlossary) return;
  window.mrGlossary = true;

  const STYLE = `
    a.glossary-word { text-decoration: underline dotted; text-underline-offset: .2em; }
    #glossary-tip { position: absolute; z-index: 1100; max-width: min(22rem, calc(100vw - 2rem)); padding: .6rem .8rem;
      font-size: .9rem; line-height: 1.45; border-radius: .4rem; color: var(--pst-color-text-base, #222);
      background: var(--pst-color-surface, #f5f5f5); border: 1px solid var(--pst-color-border, #999);
      box-shadow: 0 .2rem .8rem rgb(0 0 0 / .25); }
    #glossary-tip[hidden] { display: none; }
    @media print { #glossary-tip { display: none; } }`;

  function start() {
    const words = document.querySelectorAll("a.glossary-word[title]");
    if (!words.length) return;
    document.head.appendChild(document.createElement("style")).textContent = STYLE;
    const tip = document.body.appendChild(document.createElement("div"));
    tip.id = "glossary-tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    let owner = null,
      timer = 0;

    function hide() {
      clearTimeout(timer);
      tip.hidden = true;
      if (owner) owner.removeAttribute("aria-describedby");
      owner = null;
    }
    function leave() {
      // time to move the pointer onto the text itself
      clearTimeout(timer);
      timer = setTimeout(hide, 250);
    }
    function show(word) {
      hide();
      owner = word;
      tip.textContent = word.dataset.meaning;
      tip.hidden = false;
      word.setAttribute("aria-describedby", tip.id);
      const place = word.getBoundingClientRect(),
        width = document.documentElement.clientWidth;
      const left = Math.max(16, Math.min(place.left, width - tip.offsetWidth - 16));
      const above = place.bottom + tip.offsetHeight + 12 > window.innerHeight && place.top > tip.offsetHeight + 12;
      tip.style.left = `${left + window.scrollX}px`;
      tip.style.top = `${window.scrollY + (above ? place.top - tip.offsetHeight - 6 : place.bottom + 6)}px`;
    }

    for (const word of words) {
      word.dataset.meaning = word.title;
      word.removeAttribute("title"); // or the browser shows a second box
      word.addEventListener("mouseenter", () => show(word));
      word.addEventListener("mouseleave", leave);
      word.addEventListener("focus", () => show(word));
      word.addEventListener("blur", hide);
    }
    tip.addEventListener("mouseenter", () => clearTimeout(timer));
    tip.addEventListener("mouseleave", leave);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
