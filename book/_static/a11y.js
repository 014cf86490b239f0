// What a screen reader says of the theme's buttons is what the eye reads on them.
document.addEventListener("DOMContentLoaded", () => {
  for (const element of document.querySelectorAll(".search-button-field, details.hide > summary")) {
    const visible = element.textContent.trim().replace(/\s+/g, " ");
    if (visible) element.setAttribute("aria-label", visible);
  }
  // A list of references is a list: its entries are items.
  for (const entry of document.querySelectorAll(".citation-list > .citation")) entry.setAttribute("role", "listitem");
  // The switch of light and dark has a name of its own; its three icons would each add another.
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    const hush = () => {
      for (const icon of button.querySelectorAll("i[title]")) icon.removeAttribute("title");
      for (const icon of button.querySelectorAll("svg")) {
        icon.querySelector("title")?.remove();
        icon.removeAttribute("aria-labelledby");
        icon.setAttribute("aria-hidden", "true");
      }
    };
    hush();
    new MutationObserver(hush).observe(button, { childList: true }); // icons arrive as <i> and become <svg> later
  }
});
