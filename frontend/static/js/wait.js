// A refusal that says when to come back: shown in its place, counted down, the button shut meanwhile.
import { message } from "./messages.js";

/**
 * Timers by the places that they count down in.
 *
 * @type {WeakMap<HTMLElement, number>}
 */
const running = new WeakMap();

/**
 * Shows `text` in `place` and counts `seconds` down; then `button` works again.
 *
 * @param {HTMLElement} place
 * @param {string} text
 * @param {number} seconds
 * @param {HTMLButtonElement} button
 */
export function countDown(place, text, seconds, button) {
  clearInterval(running.get(place));
  const until = performance.now() + 1000 * seconds;
  const clock = document.createElement("span");
  clock.className = "clock";
  clock.setAttribute("aria-hidden", "true"); // the text has said it once; not every second again
  place.replaceChildren(text, " ", clock);
  place.hidden = false;
  button.disabled = true;
  const tick = () => {
    const left = Math.ceil((until - performance.now()) / 1000);
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(running.get(place));
    place.textContent = message("goOn");
    button.disabled = false;
  };
  running.set(place, setInterval(tick, 1000));
  tick();
}

/**
 * Ends a count in `place`, because something else is shown there now.
 *
 * @param {HTMLElement} place
 */
export function stopCounting(place) {
  clearInterval(running.get(place));
}
