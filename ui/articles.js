// The Articles tab: the list, one article, adding by files and by path, removing with undo until the commit.

import { all, clicks, find, part, press, settled, tab, type, watch } from "/page.js";

const ROOT = "#rag-articles";
const MOST_BYTES = 64 * 2 ** 20;
const KINDS = [".txt", ".md", ".html", ".htm", ".jsonl", ".jsonl.gz"];
const AT_ONCE = 3;

const here = (selector) => find(`${ROOT} ${selector}`);
const say = (sentence) => {
  const line = here(".rag-said");
  if (line) line.textContent = sentence;
};

// ---- the list

let page = 1;
let asked = 0;

function wanted() {
  const fields = all(`${ROOT} .rag-find :is(input, select)`).map((field) => [field.name, field.value]);
  return { ...Object.fromEntries(fields), page };
}

async function list({ focus = "" } = {}) {
  const place = here(".rag-list");
  if (!place) return;
  const number = ++asked;
  const shown = await part("articles/list", wanted());
  // A slower answer to an older question would undo the newer one.
  if (number !== asked) return;
  place.innerHTML = shown;
  showMarked();
  say(find("[data-said]", place)?.dataset.said ?? "");
  if (focus) (find(focus, place) ?? find(".rag-turn-page:not(:disabled)", place))?.focus();
}

const fromStart = (options) => {
  page = 1;
  return list(options);
};
const typing = settled(fromStart, 250);

document.addEventListener("input", (event) => {
  if (event.target.matches?.(`${ROOT} .rag-find input[type="search"]`)) typing();
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.(`${ROOT} .rag-find :is(select, input[type="date"])`)) fromStart();
});
clicks(`${ROOT} .rag-sort`, (button) => {
  const column = all(`${ROOT} .rag-sort`).indexOf(button) + 1;
  here('.rag-find [name="sort"]').value = button.dataset.sort;
  fromStart({ focus: `th:nth-child(${column}) .rag-sort` });
});
clicks(`${ROOT} .rag-turn-page`, async (button) => {
  page = Number(button.dataset.page);
  const label = button.textContent;
  await list();
  const same = all(`${ROOT} .rag-turn-page:not(:disabled)`).find((each) => each.textContent === label);
  (same ?? here(".rag-turn-page:not(:disabled)"))?.focus({ preventScroll: true });
  here(".rag-list").scrollIntoView({ block: "start" });
});

async function listSources() {
  const select = here('.rag-find [name="source"]');
  if (!select) return;
  const chosen = select.value;
  select.innerHTML = await part("articles/sources");
  select.value = chosen;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

async function listChanges() {
  const place = here(".rag-history-of");
  if (place) place.innerHTML = await part("articles/changes");
}

async function everything() {
  await list();
  await listSources();
  await listChanges();
}

// ---- one article

let cameFrom = null;
let scrolled = 0;

let read = 0;

/** Fills the reader, unless it is asked for something else meanwhile. */
async function fill(parameters) {
  const number = ++read;
  const shown = await part("articles/read", parameters);
  if (number !== read) return false;
  here(".rag-reader-of").innerHTML = shown;
  return true;
}

async function open(button) {
  const reader = here(".rag-reader");
  cameFrom = button;
  scrolled = scrollY;
  if (!(await fill({ article: button.dataset.article }))) return;
  reader.hidden = false;
  find(ROOT).classList.add("rag-reading");
  (here(".rag-reader-title") ?? here(".rag-back-to-list")).focus({ preventScroll: true });
  reader.scrollIntoView({ block: "start" });
}

function back() {
  const reader = here(".rag-reader");
  if (!reader || reader.hidden) return;
  reader.hidden = true;
  find(ROOT).classList.remove("rag-reading");
  scrollTo({ top: scrolled, behavior: "instant" });
  const same = all(`${ROOT} .rag-read`).find((each) => each.dataset.article === cameFrom?.dataset.article);
  (cameFrom?.isConnected ? cameFrom : (same ?? here(".rag-find input")))?.focus({ preventScroll: true });
}

/** What is to be shown of the open article besides its text. */
function choice() {
  const article = here(".rag-whole");
  const boxes = all(".rag-show input", article).map((box) => [box.name, box.checked ? "1" : "0"]);
  return { article: article.dataset.article, ...Object.fromEntries(boxes) };
}

clicks(`${ROOT} .rag-read`, (button) => open(button));
clicks(`${ROOT} .rag-back-to-list`, () => back());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.(`${ROOT} .rag-reader`)) back();
});
document.addEventListener("change", async (event) => {
  if (!event.target.matches?.(`${ROOT} .rag-show input`)) return;
  const { name } = event.target;
  if (!(await fill(choice()))) return;
  here(`.rag-show input[name="${name}"]`)?.focus({ preventScroll: true });
});
clicks(`${ROOT} .rag-go-on`, async (button) => {
  const following = await part("articles/read", { ...choice(), from: button.dataset.from });
  const holder = document.createElement("div");
  holder.tabIndex = -1;
  holder.innerHTML = following;
  button.closest(".rag-more").replaceWith(holder);
  holder.focus({ preventScroll: true });
});

// ---- removing

const marked = new Set();

function showMarked() {
  for (const row of all(`${ROOT} .rag-shelf tbody tr`)) {
    const is = marked.has(row.dataset.article);
    row.classList.toggle("rag-going", is);
    find(".rag-remove", row).firstChild.textContent = is ? "Undo" : "Remove";
  }
  const bar = here(".rag-removal");
  const count = marked.size;
  bar.hidden = count === 0;
  const said = count ? `${count === 1 ? "1 article" : `${count.toLocaleString("en")} articles`} will be removed` : "";
  const line = find("[role=status]", bar);
  if (line.textContent !== said) line.textContent = said;
}

clicks(`${ROOT} .rag-remove`, (button) => {
  const { article } = button.dataset;
  if (!marked.delete(article)) marked.add(article);
  showMarked();
});
clicks(`${ROOT} .rag-undo-all`, () => {
  marked.clear();
  showMarked();
  say("Nothing will be removed.");
  here(".rag-find input").focus();
});
clicks(`${ROOT} .rag-commit`, () => {
  order({ remove: [...marked] });
  here(".rag-find input").focus();
});

// ---- jobs: one at a time, their progress is Gradio's, their end is a new result

let removing = false;
let lastJob = "";

function busy(is) {
  document.documentElement.classList.toggle("rag-articles-busy", is);
  for (const button of all(`${ROOT} .rag-commit`)) button.disabled = is;
}

function order(what) {
  removing = "remove" in what;
  busy(true);
  type("#rag-articles-order", JSON.stringify(what));
  press("#rag-articles-carry-out");
}

window.rag.adding = (path) => {
  removing = false;
  busy(true);
  return [path];
};

watch("#rag-articles-result", (element) => {
  if (!element.hasAttribute("aria-live")) element.setAttribute("aria-live", "polite");
  const result = find(".rag-result", element);
  // Gradio says itself where it could not run the job.
  if (find('[data-testid="status-tracker"] .error', element)) busy(false);
  if (!result || result.dataset.job === lastJob) return;
  lastJob = result.dataset.job;
  busy(false);
  const done = result.dataset.done === "1";
  if (done && removing) marked.clear();
  endUploads(done);
  everything();
});

// ---- files

let queue = [];
let under = 0;
let tokens = [];

function row(file, state) {
  const element = document.createElement("li");
  element.innerHTML = '<bdi></bdi> <progress max="1" value="0"></progress> <span></span>';
  find("bdi", element).textContent = file.name;
  find("progress", element).setAttribute("aria-label", `Sending ${file.name}`);
  here(".rag-uploads").append(element);
  if (state) tell(element, state, true);
  return element;
}

function tell(element, state, failed = false) {
  find("progress", element)?.remove();
  find("span", element).textContent = state;
  element.classList.toggle("rag-skipped", failed);
  element.dataset.state = failed ? "failed" : "sent";
}

/** Why a file need not be sent at all. */
function refused(file) {
  if (!KINDS.some((kind) => file.name.toLowerCase().endsWith(kind))) return `is not one of ${KINDS.join(" ")}`;
  if (file.size > MOST_BYTES) return "has more than 64 MB; add it by its path";
  if (file.size === 0) return "is empty";
  return "";
}

function take(files) {
  if (document.documentElement.classList.contains("rag-articles-busy")) {
    say("A job is under way: add the files when it has ended.");
    return;
  }
  if (!queue.length && !under) here(".rag-uploads").replaceChildren();
  for (const file of files) {
    const why = refused(file);
    const element = row(file, why);
    if (!why) queue.push({ file, element });
  }
  while (under < AT_ONCE && queue.length) next();
}

async function next() {
  const one = queue.shift();
  if (!one) return;
  under += 1;
  try {
    tokens.push(await upload(one.file, find("progress", one.element)));
    tell(one.element, "sent");
  } catch (error) {
    tell(one.element, error.message, true);
  }
  under -= 1;
  if (queue.length) next();
  else if (!under) sendOff();
}

function sendOff() {
  const ready = tokens;
  tokens = [];
  if (!ready.length) {
    say("No file was sent.");
    return;
  }
  for (const element of all(`${ROOT} .rag-uploads [data-state="sent"]`)) tell(element, "sent, being indexed");
  order({ uploads: ready });
}

function endUploads(done) {
  const wrong = new Map();
  for (const issue of all("#rag-articles-result .rag-issues .rag-skipped")) {
    const origin = find("bdi", issue).textContent;
    const why = issue.textContent.slice(origin.length).trim();
    // Of a file of lines, each line has issues of its own.
    const [, name, line] = origin.split("/").at(-1).match(/^(.*?)(?:#(\d+))?$/);
    wrong.set(name, [...(wrong.get(name) ?? []), line ? `line ${line} ${why}` : why]);
  }
  for (const element of all(`${ROOT} .rag-uploads [data-state="sent"]`)) {
    const [first, ...others] = wrong.get(find("bdi", element).textContent) ?? [];
    const more = others.length ? `, and ${others.length.toLocaleString("en")} more` : "";
    tell(element, first ? first + more : done ? "done" : "not indexed", Boolean(first) || !done);
  }
}

/** Sends one file as it is; the token that the server keeps it by. */
function upload(file, bar) {
  return new Promise((done, fail) => {
    // fetch() does not say how much it has sent.
    const request = new XMLHttpRequest();
    request.open("POST", `/part/upload?${new URLSearchParams({ name: file.name })}`);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = event.loaded / event.total;
    };
    request.onerror = () => fail(new Error("could not be sent: is the program still running?"));
    request.onload = () => {
      if (request.status !== 200) fail(new Error(request.responseText || `was refused (${request.status})`));
      else done(JSON.parse(request.responseText).token);
    };
    request.send(file);
  });
}

document.addEventListener("change", (event) => {
  if (!event.target.matches?.(`${ROOT} .rag-pick input`)) return;
  take([...event.target.files]);
  // The same files can be chosen again.
  event.target.value = "";
});

const visible = () => find(ROOT)?.offsetParent !== null && find(ROOT) !== null;
const carriesFiles = (event) => visible() && [...(event.dataTransfer?.types ?? [])].includes("Files");

document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  here(".rag-drop").classList.add("rag-over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) here(".rag-drop")?.classList.remove("rag-over");
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  here(".rag-drop").classList.remove("rag-over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
  const files = [...event.dataTransfer.files];
  const plain = files.filter((_, place) => !entries[place]?.isDirectory);
  take(plain);
  for (const folder of files.filter((file) => !plain.includes(file))) {
    row(folder, "is a folder: type its path instead");
  }
});

// ---- the tab

watch("#rag-articles-page", (element) => {
  const place = find(".rag-list", element);
  if (!place || place.dataset.begun) return;
  place.dataset.begun = "1";
  everything();
});

/** For the other tabs: opens an article here. */
export function openArticle(id) {
  tab("Articles");
  const button = document.createElement("button");
  button.dataset.article = id;
  setTimeout(() => open(button), 60);
}
