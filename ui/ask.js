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
  // The browser complains of what is no day; the server has said so already.
  for (const [name, day] of Object.entries(days)) named(name).value = /^\d{4}-\d\d-\d\d$/.test(day) ? day : "";
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

let handled;
// The question that is being asked, by a name of its own; whether it is being stopped; whether the next one was sent
// off meanwhile, which Gradio would not take.
let asked = "";
let stopping = false;
let waiting = false;

const isBusy = () => document.documentElement.classList.contains("rag-busy");

function busy(is) {
  document.documentElement.classList.toggle("rag-busy", is);
}

// In a place of its own: Gradio does not find its way in what somebody else wrote into its elements.
function say(sentence = "") {
  find("#rag-told").innerHTML = sentence;
}

window.rag.choices = () => {
  asked = crypto.randomUUID();
  say();
  busy(true);
  return JSON.stringify({ ...choices(), name: asked });
};

window.rag.stopped = () => {
  stopping = isBusy();
  return stopping ? asked : "";
};

window.rag.answered = () => {
  busy(false);
  if (stopping && waiting) press("#rag-ask");
  stopping = waiting = false;
};

window.rag.begun = () => {
  shut({ focus: false });
  say();
  history.pushState(null, "", "/");
  return window.rag.stopped();
};

let cleared = () => {};
window.rag.cleared = () => cleared();

document.addEventListener(
  "keydown",
  (event) => {
    const sends = event.key === "Enter" && !event.shiftKey && event.target.matches?.("#rag-question textarea");
    if (sends && stopping) waiting = true;
    if (sends) insist(event.target.value);
  },
  true,
);
clicks("#rag-ask", () => insist(find("#rag-question textarea").value));

// The first question may be sent off before Gradio listens to anything.
let insisting = false;
function insist(question) {
  if (asked || insisting || pending || !question.trim()) return;
  insisting = true;
  setTimeout(() => attempt(question, "", 40), 500);
}

/** Begins a conversation anew; done once the page shows nothing of the one before. */
export function begin() {
  return new Promise((done) => {
    cleared = done;
    press("#rag-fresh");
  });
}

/** Asks a question; again and again while Gradio does not take it, which is so when the page has just come up. */
export function ask(question) {
  attempt(question, asked, 40);
}

function attempt(question, before, tries) {
  if (asked !== before) return;
  tab("Ask");
  type("#rag-question", question);
  press("#rag-ask");
  if (tries) setTimeout(() => attempt(question, before, tries - 1), 250);
}

clicks(".rag-starter", (button) => ask(button.textContent));

// Gradio tells in a note of its own, which is not shown, that the server took no question or was lost.
const noted = new WeakSet();
watch(".toast-wrap", (element) => {
  const fresh = all(".error", element).filter((note) => !noted.has(note));
  for (const note of fresh) noted.add(note);
  if (!fresh.length || !isBusy()) return;
  busy(false);
  say(problem("The question got no answer: the page is busy or cannot be reached. Please ask again."));
});

watch("#rag-output", (element) => {
  const newest = all(".rag-turn", element).at(-1);
  // Gradio may turn an old element into a new one, so that only its name tells them apart.
  if (newest?.id === handled) return mark();
  handled = newest?.id;
  if (!newest) return;
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
