// What htmx leaves to do when a part of the page is swapped: what is folded, scrolled, typed and focused stays as it
// was, the count is read out, and long lists of options can be searched.
(() => {
  const search = () => document.getElementById("q");
  const boxes = () => document.querySelectorAll(".facet__search");
  const scrolled = () => document.querySelectorAll("details[id] .facet__list");
  const keyOf = (list) => list.closest("details").id;
  // What the search box held when the last request was made, and what the page was like before the swap.
  let sent = null;
  let before = null;

  const announce = () => {
    const count = document.querySelector("[data-count]");
    const place = document.querySelector("[data-announcement]");
    if (count && place) place.textContent = count.textContent.replace(/\s+/g, " ").trim();
  };

  // A box above a long list: typing leaves the options that hold the letters, and those that are chosen.
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const narrow = (box) => {
    const list = box.nextElementSibling;
    const wanted = fold(box.value.trim());
    for (const item of list.children) {
      const chosen = item.querySelector("input")?.checked;
      item.hidden = !chosen && !fold(item.querySelector(".option__label")?.textContent ?? "").includes(wanted);
    }
    list.nextElementSibling.hidden = [...list.children].some((item) => !item.hidden);
  };
  const searchable = (root) => {
    for (const list of root.querySelectorAll("[data-searchable]:not([data-ready])")) {
      list.dataset.ready = "";
      const box = document.createElement("input");
      box.type = "search";
      box.className = "facet__search";
      box.id = `search-${keyOf(list)}`;
      box.placeholder = list.dataset.searchable;
      box.setAttribute("aria-label", list.dataset.searchable);
      // It narrows the list, not the selection.
      box.addEventListener("input", (event) => {
        event.stopPropagation();
        narrow(box);
      });
      box.addEventListener("change", (event) => event.stopPropagation());
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
      list.before(box);
    }
  };

  const remember = () => {
    const focused = document.activeElement;
    const isInside = Boolean(focused?.closest("#browse"));
    return {
      open: new Map([...document.querySelectorAll("details[id]")].map((part) => [part.id, part.open])),
      narrowed: new Map([...boxes()].map((box) => [box.id, box.value])),
      scrolled: new Map([...scrolled()].map((list) => [keyOf(list), list.scrollTop])),
      isInside,
      id: isInside ? focused.id : "",
      caret: [focused?.selectionStart ?? null, focused?.selectionEnd ?? null],
      // What was typed stands while the reader types, or has typed more than was asked.
      typed: search() && (focused === search() || search().value !== sent) ? search().value : null,
    };
  };
  const restore = (was) => {
    for (const part of document.querySelectorAll("details[id]")) {
      if (was.open.has(part.id)) part.open = was.open.get(part.id);
    }
    searchable(document);
    for (const box of boxes()) {
      box.value = was.narrowed.get(box.id) ?? "";
      if (box.value) narrow(box);
    }
    for (const list of scrolled()) list.scrollTop = was.scrolled.get(keyOf(list)) ?? 0;
    if (was.typed !== null && search()) search().value = was.typed;
    const focused = was.id && document.getElementById(was.id);
    if (focused) {
      focused.focus({ preventScroll: true });
      if (was.caret[0] !== null) focused.setSelectionRange(...was.caret);
    }
    // What had the focus is gone with the old part: go on at the results.
    const isLost = was.isInside && !document.activeElement?.closest("#browse");
    if (isLost) document.getElementById("results")?.focus({ preventScroll: true });
  };

  // Typing in the search is heard already; Enter would ask twice.
  const once = (event) => event.target === search() && event.stopPropagation();
  document.addEventListener("change", once, { capture: true });
  document.addEventListener("htmx:beforeRequest", () => {
    sent = search()?.value ?? null;
  });
  document.addEventListener("htmx:beforeSwap", () => {
    before = remember();
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (before) restore(before);
  });
  document.addEventListener("htmx:afterSettle", () => {
    announce();
    // More was typed while the answer came: ask again.
    const was = before;
    before = null;
    if (was && was.typed !== null && search() && search().value !== sent) {
      search().form.dispatchEvent(new Event("change"));
    }
  });
  // An answer that is not the list: go there, as without scripts.
  document.addEventListener("htmx:responseError", (event) => location.assign(event.detail.pathInfo.finalRequestPath));
  searchable(document);
})();
