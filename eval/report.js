"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const list = by("rows");
  const [text, outcome, tag, order] = ["find", "outcome", "tag", "order"].map(by);
  const rows = [...list.children].map((element, place) => ({
    element,
    place,
    text: [...element.querySelectorAll("[data-find]")].map((part) => part.textContent).join("\n").toLowerCase(),
    outcomes: element.dataset.outcomes.split(" "),
    tags: element.dataset.tags.split(" "),
    confidence: element.dataset.confidence.split(" ").map(parseFloat),
  }));

  const compare = (how) => {
    const [direction, run] = how.split(" ");
    const key = (row) => {
      const value = direction === "set" ? 0 : row.confidence[Number(run)];
      return Number.isNaN(value) ? Infinity : direction === "high" ? -value : value;
    };
    return (a, b) => (key(a) === key(b) ? a.place - b.place : key(a) < key(b) ? -1 : 1);
  };

  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits =
        words.every((word) => row.text.includes(word)) &&
        (!outcome.value || row.outcomes.includes(outcome.value)) &&
        (!tag || !tag.value || row.tags.includes(tag.value));
      row.element.hidden = !fits;
      shown += fits;
    }
    by("shown").textContent = `${shown} of ${rows.length} questions`;
    by("clear").hidden = shown === rows.length;
  };

  const sort = () => list.append(...[...rows].sort(compare(order.value)).map((row) => row.element));

  const clear = () => {
    for (const control of [text, outcome, tag]) if (control) control.value = "";
    filter();
  };

  const open = () => {
    const row = /^#q-\d+$/.test(location.hash) && by(location.hash.slice(1));
    if (!row) return;
    if (row.hidden) clear();
    row.firstElementChild.open = true;
    row.querySelector("summary").focus({ preventScroll: true });
    row.scrollIntoView();
  };

  for (const control of [text, outcome, tag]) if (control) control.addEventListener("input", filter);
  order.addEventListener("input", sort);
  by("clear").addEventListener("click", () => {
    clear();
    text.focus();
  });
  for (const link of document.querySelectorAll("a[data-outcome]")) {
    link.addEventListener("click", () => {
      clear();
      outcome.value = link.dataset.outcome;
      filter();
    });
  }
  addEventListener("hashchange", open);
  // A reloaded page keeps what was typed.
  by("controls").hidden = false;
  filter();
  if (order.value !== order.options[0].value) sort();
  open();
})();
