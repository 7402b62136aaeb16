// The two answers on the page.
import { MarkdownStream } from "../markdown.js";
import { message } from "../messages.js";
import { announce, byId } from "../shared/page.js";
import { SIDES } from "./state.js";

export const labels = {
  copy: message("copy"),
  copied: message("copied"),
  copyFailed: message("copyFailed"),
  code: message("code"),
};

/** By side: the elements of an answer. */
export const panes = Object.fromEntries(
  SIDES.map((side) => {
    const article = byId(`answer-${side}`);
    const [body, end, who] = [".answer-body", ".answer-end", ".who"].map((part) => article.querySelector(part));
    return [side, { article, body, end, who }];
  }),
);

const streams = {};

/** Empties both panes for the answers of another turn. */
export function clearPanes() {
  for (const side of SIDES) {
    const pane = panes[side];
    pane.who.replaceChildren();
    delete pane.article.dataset.chosen;
    streams[side]?.close();
    pane.body.replaceChildren();
    streams[side] = new MarkdownStream(pane.body, labels);
  }
}

/** Adds to the text of a side. */
export function write(side, text) {
  streams[side].append(text);
  panes[side].article.dataset.waiting = String(streams[side].text === "");
}

/** Shows a text instead of what the side has. */
export function rewrite(side, text) {
  streams[side].replace(text);
  write(side, "");
}

export function finish(side) {
  streams[side].finish();
}

export function markBusy(busy) {
  for (const side of SIDES) panes[side].article.setAttribute("aria-busy", String(busy));
}

for (const button of document.querySelectorAll("#battle-view [data-copy]")) {
  const idle = button.firstChild.textContent;
  button.addEventListener("click", async () => {
    let told = "copied";
    try {
      await navigator.clipboard.writeText(streams[button.dataset.copy].text);
    } catch {
      told = "copyFailed";
    }
    button.firstChild.textContent = message(told);
    announce(message(told));
    setTimeout(() => (button.firstChild.textContent = idle), 2000);
  });
}
