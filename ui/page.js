// What every tab of the page shares.  No library, nothing from elsewhere: our own server is all that is asked.

export const find = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A piece of the page from our server, as HTML that it has escaped; a sentence where it cannot be had. */
export async function part(path, parameters = {}) {
  try {
    const response = await fetch(`/part/${path}?${new URLSearchParams(parameters)}`);
    if (response.ok) return await response.text();
    return problem(`The program answered with an error (${response.status}). Please try again.`);
  } catch {
    return problem("The program cannot be reached: is it still running?");
  }
}

/** Sends JSON to our server; what it answers, or an object with `problem`. */
export async function send(path, body) {
  try {
    const response = await fetch(`/part/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.ok) return await response.json();
    return { problem: await response.text() };
  } catch {
    return { problem: "The program cannot be reached: is it still running?" };
  }
}

/** A sentence in the form that the server gives to problems. */
export function problem(sentence) {
  const element = document.createElement("p");
  element.className = "rag-problem";
  element.setAttribute("role", "status");
  element.textContent = sentence;
  return element.outerHTML;
}

/** Puts text into a field of Gradio's as if it had been typed. */
export function type(selector, text) {
  const field = find(`${selector} textarea, ${selector} input`);
  if (!field) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Presses a button of Gradio's once it has taken over what was typed. */
export function press(selector) {
  setTimeout(() => find(selector)?.click(), 30);
}

/** Opens a tab by its label. */
export function tab(label) {
  const button = all('#rag-tabs [role="tab"]').find((each) => each.textContent.trim() === label);
  if (button && button.getAttribute("aria-selected") !== "true") button.click();
}

/** Calls `then` when `selector` is on the page, and again whenever what is in it changes. */
export function watch(selector, then) {
  let watched = null;
  const look = () => {
    const element = find(selector);
    if (element && element !== watched) {
      watched = element;
      // Gradio turns old elements into new ones where they are alike: then only names and texts change.
      const changes = { childList: true, subtree: true, characterData: true, attributeFilter: ["id"] };
      new MutationObserver(() => then(element)).observe(element, changes);
      then(element);
    }
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  look();
}

/** Calls `act` for clicks on elements that match, with the element. */
export function clicks(selector, act) {
  document.addEventListener("click", (event) => {
    const element = event.target.closest?.(selector);
    if (element) act(element, event);
  });
}

/** Calls `act` once `pause` milliseconds have passed without a further call. */
export function settled(act, pause = 200) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), pause);
  };
}

// Gradio calls these by name.
window.rag = {};
