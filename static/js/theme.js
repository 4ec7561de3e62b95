// Colour scheme: automatic, light or dark. Loaded in <head> without defer, so that the first paint is right.
(() => {
  const KEY = "theme";
  const THEMES = ["auto", "light", "dark"];
  const root = document.documentElement;
  let current = "auto";

  // Storage may be refused; the choice then lasts for this page.
  const read = () => {
    try {
      const stored = localStorage.getItem(KEY);
      return THEMES.includes(stored) ? stored : "auto";
    } catch {
      return current;
    }
  };
  const write = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // see read()
    }
  };

  // The button says its state in words that the template translates: data-label-auto, -light, -dark.
  const describe = (button) => {
    const label = button.getAttribute(`data-label-${current}`) ?? `Theme: ${current}`;
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  const apply = (theme) => {
    current = theme;
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.querySelectorAll("[data-theme-toggle]").forEach(describe);
  };

  apply(read());
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      describe(button);
      button.hidden = false;
      button.addEventListener("click", () => {
        apply(THEMES[(THEMES.indexOf(current) + 1) % THEMES.length]);
        write(current);
      });
    }
  });
  // Another tab changed the choice.
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) apply(read());
  });
})();
