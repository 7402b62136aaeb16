// The two answers on the page.
/** @import { Labels, Side } from "#page" */
import { MarkdownStream } from "../markdown.js";
import { message } from "../messages.js";
import { byId, find, findAll } from "../shared/elements.js";
import { announce } from "../shared/page.js";
import { SIDES } from "./state.js";

/** @type {Labels} */
export const labels = {
  copy: message("copy"),
  copied: message("copied"),
  copyFailed: message("copyFailed"),
  code: message("code"),
};

/**
 * The elements of an answer.
 *
 * @param {Side} side
 */
function paneOf(side) {
  const article = byId(`answer-${side}`);
  const [body, end, who] = [".answer-body", ".answer-end", ".who"].map((part) => find(article, part));
  return { article, body, end, who };
}

export const panes = { a: paneOf("a"), b: paneOf("b") };

const streams = {
  a: new MarkdownStream(panes.a.body, labels),
  b: new MarkdownStream(panes.b.body, labels),
};

/** Empties both panes for the answers of another turn. */
export function clearPanes() {
  for (const side of SIDES) {
    const pane = panes[side];
    pane.who.replaceChildren();
    delete pane.article.dataset.chosen;
    streams[side].close();
    pane.body.replaceChildren();
    streams[side] = new MarkdownStream(pane.body, labels);
  }
}

/**
 * Adds to the text of a side.
 *
 * @param {Side} side
 * @param {string} text
 */
export function write(side, text) {
  streams[side].append(text);
  panes[side].article.dataset.waiting = String(streams[side].text === "");
}

/**
 * Shows a text instead of what the side has.
 *
 * @param {Side} side
 * @param {string} text
 */
export function rewrite(side, text) {
  streams[side].replace(text);
  write(side, "");
}

/** @param {Side} side */
export function finish(side) {
  streams[side].finish();
}

/** @param {boolean} busy */
export function markBusy(busy) {
  for (const side of SIDES) panes[side].article.setAttribute("aria-busy", String(busy));
}

for (const button of findAll(document, "#battle-view [data-copy]", HTMLButtonElement)) {
  const side = button.dataset.copy === "a" ? "a" : "b";
  const [words] = button.childNodes;
  const idle = words.textContent;
  button.addEventListener("click", async () => {
    let key = "copied";
    try {
      await navigator.clipboard.writeText(streams[side].text);
    } catch {
      key = "copyFailed";
    }
    words.textContent = message(key);
    announce(message(key));
    setTimeout(() => (words.textContent = idle), 2000);
  });
}
