// What htmx leaves to do when a part of the page is swapped: folded parts stay as they were, the count is read out,
// the keyboard keeps its place, and long lists of options can be searched.
(() => {
  let open = null;

  const announce = () => {
    const count = document.querySelector("[data-count]");
    const place = document.querySelector("[data-announcement]");
    if (count && place) place.textContent = count.textContent.replace(/\s+/g, " ").trim();
  };

  // A box above a long list: typing leaves the options that hold the letters, and those that are chosen.
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const searchable = (root) => {
    for (const list of root.querySelectorAll("[data-searchable]:not([data-ready])")) {
      list.dataset.ready = "";
      const box = document.createElement("input");
      box.type = "search";
      box.className = "facet__search";
      box.id = `search-${list.closest("details").id}`;
      box.placeholder = list.dataset.searchable;
      box.setAttribute("aria-label", list.dataset.searchable);
      box.addEventListener("input", (event) => {
        // It narrows the list, not the selection.
        event.stopPropagation();
        const wanted = fold(box.value.trim());
        for (const item of list.children) {
          const chosen = item.querySelector("input")?.checked;
          item.hidden = !chosen && !fold(item.textContent).includes(wanted);
        }
      });
      box.addEventListener("change", (event) => event.stopPropagation());
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
      list.before(box);
    }
  };

  document.addEventListener("htmx:beforeSwap", () => {
    open = new Map([...document.querySelectorAll("details[id]")].map((part) => [part.id, part.open]));
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const part of document.querySelectorAll("details[id]")) {
      if (open?.has(part.id)) part.open = open.get(part.id) || part.open;
    }
    open = null;
    searchable(document);
    // What had the focus is gone with the old part: go on at the results.
    if (document.activeElement === document.body) document.getElementById("results")?.focus({ preventScroll: true });
    announce();
  });
  searchable(document);
})();
