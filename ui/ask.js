// The Ask tab: sources beside the answers, filters, the address of an answer, eval cases.

import { all, clicks, find, part, press, problem, send, tab, type, watch } from "/page.js";

const WIDE = "(min-width: 64rem)";

// ---- filters

const named = (name) => find(`#rag-filters input[name="${name}"]`);

// What an address asks for, until its answer is there: the fields may still be made anew by then.
let pending = null;

async function restore() {
  if (!pending) return;
  const { sources, ...days } = pending;
  pending = null;
  for (const [name, value] of Object.entries(days)) named(name).value = value;
  await listSources(sources);
}

function choices() {
  if (pending) return pending;
  const sources = all('#rag-filters input[name="source"]:checked').map((box) => box.value);
  const days = ["after", "before", "as_of"].map((name) => [name, named(name)?.value ?? ""]);
  return { ...Object.fromEntries(days), sources };
}

function summarise() {
  const { sources, ...days } = choices();
  const count = Object.values(days).filter(Boolean).length + sources.length;
  const shown = find("#rag-filters .rag-chosen");
  const text = count ? ` (${count} chosen)` : "";
  if (shown && shown.textContent !== text) shown.textContent = text;
}

async function listSources(checked = []) {
  const list = find("#rag-filters .rag-source-list");
  if (!list) return;
  const kept = checked.length ? checked : choices().sources;
  list.innerHTML = await part("sources");
  find("#rag-filters .rag-from").hidden = !list.children.length;
  for (const box of all('input[name="source"]', list)) box.checked = kept.includes(box.value);
  summarise();
}

document.addEventListener("change", (event) => event.target.closest?.("#rag-filters") && summarise());
document.addEventListener(
  "toggle",
  (event) => event.target.matches?.(".rag-choose") && event.target.open && listSources(),
  true,
);
clicks(".rag-clear", () => {
  for (const name of ["after", "before", "as_of"]) named(name).value = "";
  for (const box of all('#rag-filters input[name="source"]')) box.checked = false;
  summarise();
});

// ---- asking

let handled = null;
let asked = null;

function busy(is) {
  document.documentElement.classList.toggle("rag-busy", is);
}

window.rag.choices = (question) => {
  asked = question;
  busy(true);
  return JSON.stringify(choices());
};
window.rag.stopped = () => {
  busy(false);
  const status = find("#rag-status .rag-stage");
  if (status) status.textContent = "Stopped.";
};

window.rag.answered = () => busy(false);
window.rag.begun = () => {
  shut({ focus: false });
  history.pushState(null, "", "/");
  return [];
};

/** Begins a conversation anew. */
export function begin() {
  press("#rag-fresh");
}

/** Asks a question; again and again while Gradio does not listen yet, which is so when the page has just come up. */
export function ask(question, tries = 40) {
  tab("Ask");
  type("#rag-question", question);
  press("#rag-ask");
  setTimeout(() => {
    const taken = document.documentElement.classList.contains("rag-busy") || asked === question;
    if (!taken && tries) ask(question, tries - 1);
  }, 250);
}

clicks(".rag-starter", (button) => ask(button.textContent));

// Gradio tells in a note of its own, which is not shown, that the server took no question or was lost.
watch(".toast-wrap", (element) => {
  if (!find(".error", element) || !document.documentElement.classList.contains("rag-busy")) return;
  busy(false);
  const status = find("#rag-status .prose, #rag-status .html-container") ?? find("#rag-status");
  status.innerHTML = problem("The question got no answer: the page is busy or cannot be reached. Please ask again.");
});

watch("#rag-output", (element) => {
  const newest = all(".rag-turn", element).at(-1);
  // Gradio may turn an old element into a new one, so that only its name tells them apart.
  if (!newest || newest.id === handled) return mark();
  handled = newest.id;
  busy(false);
  restore();
  remember(newest);
  newest.scrollIntoView({ block: "start", behavior: "smooth" });
  const first = find(".rag-cite", newest);
  if (first && matchMedia(WIDE).matches) open(first, { focus: false });
  else shut({ focus: false });
});

// ---- the address of an answer

function remember(turn) {
  const { q, after, before, asOf, source } = turn.dataset;
  if (!q) return;
  const query = new URLSearchParams({ q });
  if (after) query.set("after", after);
  if (before) query.set("before", before);
  if (asOf) query.set("as_of", asOf);
  for (const name of source ? source.split("\n") : []) query.append("source", name);
  const address = `/?${query}`;
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
}

async function fromAddress() {
  const query = new URLSearchParams(location.search);
  const question = query.get("q");
  if (!question) return;
  const days = ["after", "before", "as_of"].map((name) => [name, query.get(name) ?? ""]);
  pending = { ...Object.fromEntries(days), sources: query.getAll("source") };
  ask(question);
}

addEventListener("popstate", () => {
  const question = new URLSearchParams(location.search).get("q");
  const shown = all(".rag-turn").findLast((turn) => turn.dataset.q === question);
  if (shown) shown.scrollIntoView({ block: "start" });
  else fromAddress();
});

let begun = false;
watch("#rag-desk", (element) => {
  if (begun || !find("#rag-question textarea", element) || !find(".rag-choose", element)) return;
  begun = true;
  fromAddress();
});

// ---- sources

// The link whose source is open.  Gradio may make the link anew, so what it says is kept besides.
let opener = null;
let opened = null;

/** Marks the links that lead to the open source, those of the same turn. */
function mark() {
  if (!opened) return;
  const turn = (opened.turn && document.getElementById(opened.turn)) || document;
  const same = (link) => link.dataset.article === opened.article && link.dataset.start === opened.start;
  for (const link of all("#rag-output [aria-current]")) if (!turn.contains(link) || !same(link)) unmark(link);
  for (const link of all(".rag-cite, .rag-open", turn)) if (same(link)) link.setAttribute("aria-current", "true");
}

const unmark = (link) => link.removeAttribute("aria-current");

async function open(link, { focus = true } = {}) {
  const pane = find(".rag-pane");
  if (!pane) return;
  opener = link;
  opened = { ...link.dataset, turn: link.closest(".rag-turn")?.id };
  const mine = opened;
  const { article, start, end, short = "", number = "" } = mine;
  const body = find(".rag-pane-body", pane);
  const shown = await part("source", { article, start, end, short, number });
  if (opened !== mine) return;
  body.innerHTML = shown;
  pane.hidden = false;
  document.documentElement.classList.add("rag-open-source");
  mark();
  const quote = find("#rag-quote", pane);
  const inside = matchMedia(WIDE).matches;
  if (!inside && focus) pane.scrollIntoView({ block: "start" });
  if (quote && inside) body.scrollTop = quote.offsetTop - body.clientHeight / 3;
  else if (quote && focus) quote.scrollIntoView({ block: "center" });
  if (focus) (quote ?? pane).focus({ preventScroll: true });
}

function shut({ focus = true } = {}) {
  const pane = find(".rag-pane");
  if (!pane || pane.hidden) return;
  pane.hidden = true;
  document.documentElement.classList.remove("rag-open-source");
  const back = opener?.isConnected ? opener : find("#rag-output [aria-current]");
  for (const link of all("[aria-current]", find("#rag-output"))) unmark(link);
  if (focus) back?.focus();
  opener = opened = null;
}

clicks(".rag-cite, .rag-open", (link, event) => {
  event.preventDefault();
  open(link);
});
clicks(".rag-shut", () => shut());
document.addEventListener("keydown", (event) => event.key === "Escape" && shut());

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without the permission, the old way.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

clicks(".rag-copy", async (button) => {
  const done = await copy(button.dataset.copy);
  find(".rag-copied", button.parentElement).textContent = done ? "Copied." : "The browser does not allow copying.";
});

// ---- confidence

clicks(".rag-level", (button) => {
  const tip = document.getElementById(button.getAttribute("aria-controls"));
  tip.hidden = !tip.hidden;
  button.setAttribute("aria-expanded", String(!tip.hidden));
});

// ---- eval cases

function selected() {
  const selection = getSelection();
  const within = selection.anchorNode?.parentElement?.closest(".rag-pane .rag-text");
  return within ? selection.toString().trim() : "";
}

let lastSelected = "";
document.addEventListener("selectionchange", () => {
  const text = selected();
  if (text) lastSelected = text;
});

clicks(".rag-keep", async (button) => {
  const box = button.closest(".rag-case");
  const told = find(".rag-kept", box);
  const { verdict } = button.dataset;
  const { question, article, quote, answer, asked } = box.dataset;
  const body = { verdict, question, asked };
  if (verdict === "right") Object.assign(body, { article, quote, answer });
  if (verdict === "quote") {
    if (!lastSelected || !opened) {
      told.textContent = "Open the source and select the words that answer first.";
      return;
    }
    Object.assign(body, { article: opened.article, quote: lastSelected, answer: lastSelected });
  }
  const found = await send("case", body);
  told.textContent = found.problem ?? found.said;
});
