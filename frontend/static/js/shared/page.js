// What scripts of the arena's page share: how messages and problems are shown.
import { Problem } from "../api.js";
import { message } from "../messages.js";
import { countDown, stopCounting } from "../wait.js";
import { byId } from "./elements.js";

/**
 * @param {HTMLElement} element
 * @param {boolean} [shown]
 */
export function show(element, shown = true) {
  element.hidden = !shown;
}

/**
 * Puts a message in its place; an empty text hides the place.
 *
 * @param {HTMLElement} place
 * @param {string} text
 */
export function say(place, text) {
  stopCounting(place);
  place.textContent = text;
  show(place, text !== "");
}

/**
 * For screen readers: one sentence at each turn of the battle, never the tokens.
 *
 * @param {string} text
 */
export function announce(text) {
  byId("status").textContent = text;
}

/**
 * Whether an error is the server's answer with this status.
 *
 * @param {unknown} error
 * @param {number} status
 */
export const isStatus = (error, status) => error instanceof Problem && error.status === status;

/**
 * The text for a Problem. Throws whatever else went wrong.
 *
 * @param {unknown} error
 */
export function problemText(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0) return message("network");
  return error.detail || message("unexpected", { status: error.status });
}

/**
 * Tells a problem in its place; if the server says when to come back, `button` waits for it.
 *
 * @param {HTMLElement} place
 * @param {unknown} error
 * @param {HTMLButtonElement} button
 */
export function tellProblem(place, error, button) {
  const text = problemText(error);
  if (error instanceof Problem && error.wait) countDown(place, text, error.wait, button);
  else say(place, text);
}
