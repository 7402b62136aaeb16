// Text that was typed and not sent yet. Each tab keeps its own, so that two tabs share nothing.
// What a closed tab leaves behind is taken up by the next one that opens.

const LEFT = "left-draft";

/** @typedef {"localStorage" | "sessionStorage"} Area */

/**
 * @param {Area} storage
 * @param {string} name
 */
function stored(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null; // storage is closed to us, as where cookies are blocked
  }
}

/**
 * @param {Area} storage
 * @param {string} name
 * @param {string | null} text null removes it
 */
function store(storage, name, text) {
  try {
    if (text === null) window[storage].removeItem(name);
    else window[storage].setItem(name, text);
  } catch {
    // It lasts as long as the page.
  }
}

/**
 * What this tab keeps under that name; empty if nothing.
 *
 * @param {string} name
 */
export const kept = (name) => stored("sessionStorage", name) ?? "";

/**
 * Keeps a text in this tab.
 *
 * @param {string} name
 * @param {string} text
 */
export const keep = (name, text) => store("sessionStorage", name, text);

/** The draft of this tab's prompt; in a new tab, what a closed one has left. */
export function draft() {
  const own = stored("sessionStorage", "draft");
  const left = stored("localStorage", LEFT);
  if (own === null || own === left) store("localStorage", LEFT, null);
  const text = own ?? left ?? "";
  keepDraft(text);
  return text;
}

/**
 * Keeps the draft of this tab's prompt.
 *
 * @param {string} text
 */
export const keepDraft = (text) => keep("draft", text);

addEventListener("pagehide", () => {
  const own = stored("sessionStorage", "draft");
  if (own) store("localStorage", LEFT, own);
});
