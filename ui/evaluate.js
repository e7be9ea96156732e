// The Evaluate tab: sets, runs, comparisons, a failed question as a conversation.  And what About shows.

import { ask, begin } from "/ask.js";
import { all, clicks, find, part, watch } from "/page.js";

const SETS = ".rag-set-list";
const RESULTS = ".rag-results";

// ---- the set to run

const typed = () => find('input[name="rag-set-path"]');

async function listSets() {
  const list = find(SETS);
  if (!list) return;
  const chosen = find('input[name="rag-set"]:checked')?.value;
  list.innerHTML = await part("evaluate/sets");
  const radios = all('input[name="rag-set"]');
  const same = radios.find((radio) => radio.value === chosen);
  if (same) same.checked = true;
  else if (!radios.some((radio) => radio.checked) && radios.length) radios.at(-1).checked = true;
}

function busy(is) {
  document.documentElement.classList.toggle("rag-asking-set", is);
}

window.rag.set = () => {
  busy(true);
  return find('input[name="rag-set"]:checked')?.value || typed()?.value || "";
};

document.addEventListener("input", (event) => {
  if (event.target === typed()) find('.rag-set-other input[type="radio"]').checked = true;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target !== typed()) return;
  event.preventDefault();
  find("#rag-run")?.click();
});

window.rag.ran = async () => {
  busy(false);
  const name = find("#rag-trial-status .rag-ran")?.dataset.run;
  listSets();
  if (name) await show("evaluate/run", { name });
  else await show("evaluate/runs", {}, { focus: false });
};

// ---- runs

let asked = 0;

async function show(path, parameters = {}, { focus = true } = {}) {
  const place = find(RESULTS);
  if (!place) return;
  const number = ++asked;
  place.setAttribute("aria-busy", "true");
  const html = await part(path, parameters);
  // What was asked for later has been shown by now.
  if (number !== asked) return;
  place.innerHTML = html;
  place.removeAttribute("aria-busy");
  const title = find('[tabindex="-1"]', place);
  if (!focus || !title) return;
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "nearest" });
}

clicks(".rag-run-open", (button) => show("evaluate/run", { name: button.dataset.run }));
clicks(".rag-all-runs", () => show("evaluate/runs"));
clicks(".rag-compare", (button) => {
  const other = find("select", button.closest(".rag-against"))?.value;
  if (other) show("evaluate/compare", { name: button.dataset.run, with: other });
});

// ---- a failed question as a conversation

clicks(".rag-ask-here", async (button) => {
  const { run: name, id, question } = button.dataset;
  const holder = document.createElement("div");
  holder.innerHTML = await part("evaluate/gold", { name, question: id });
  const gold = find(".rag-gold", holder) ?? holder;
  gold.classList.add("rag-gold");
  // As the run asked it: on its day, and of all sources.
  find("#rag-filters .rag-clear")?.click();
  const day = find('#rag-filters input[name="as_of"]');
  if (day && gold.dataset.asOf) {
    day.value = gold.dataset.asOf;
    day.dispatchEvent(new Event("change", { bubbles: true }));
  }
  await begin();
  ask(question);
  find("#rag-talk").prepend(gold);
});

// A new conversation has no gold answer beside it.
clicks("#rag-fresh", () => find(".rag-gold")?.remove());

clicks(".rag-gold-shut", (button) => {
  button.closest(".rag-gold").remove();
  find("#rag-question textarea")?.focus();
});

// ---- tabs

async function showAbout() {
  const place = find(".rag-about");
  if (place) place.innerHTML = await part("about");
}

/** Calls `load` when the element comes onto the page, once for each such element. */
function when(selector, load) {
  let seen = null;
  watch(selector, (element) => {
    if (element === seen) return;
    seen = element;
    load();
  });
}

const showRuns = () => show("evaluate/runs", {}, { focus: false });

when(SETS, listSets);
when(RESULTS, showRuns);
when(".rag-about", showAbout);
clicks('#rag-tabs [role="tab"]', (tab) => {
  const label = tab.textContent.trim();
  if (label === "About") showAbout();
  if (label !== "Evaluate") return;
  listSets();
  // An open run stays open.
  if (find(".rag-runs, .rag-no-runs", find(RESULTS) ?? document)) showRuns();
});
