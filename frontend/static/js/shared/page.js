// What scripts of the arena's page share: its elements, its messages, and how a problem is told.
import { Problem } from "../api.js";
import { message } from "../messages.js";
import { countDown, stopCounting } from "../wait.js";

export const byId = (id) => document.getElementById(id);

export function show(element, shown = true) {
  element.hidden = !shown;
}

/** Puts a message in its place; an empty text hides the place. */
export function say(place, text) {
  stopCounting(place);
  place.textContent = text;
  show(place, text !== "");
}

/** For screen readers: one sentence at each turn of the battle, never the tokens. */
export function announce(text) {
  byId("status").textContent = text;
}

export function problemText(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0) return message("network");
  return error.detail || message("unexpected", { status: error.status });
}

/** Tells a problem in its place; if the server says when to come back, `button` waits for it. */
export function tellProblem(place, error, button) {
  const text = problemText(error);
  if (error.wait) countDown(place, text, error.wait, button);
  else say(place, text);
}
