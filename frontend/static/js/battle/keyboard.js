// Keys that vote and steer the battle.
/** @import { OutcomeEnum } from "#api" */
import { byId } from "../shared/elements.js";
import { isOfInputMethod } from "../shared/ime.js";
import { remember, remembered } from "../storage.js";
import { page } from "./state.js";
import { vote } from "./vote.js";

/** @type {Record<string, OutcomeEnum>} */
const OUTCOMES = {
  ArrowLeft: "a", 1: "a", a: "a",
  ArrowRight: "b", 2: "b", b: "b",
  3: "tie", t: "tie",
  4: "both_bad", x: "both_bad",
};
/** @type {Record<string, { state: string, run: () => void }>} */
const COMMANDS = {
  f: { state: "open", run: () => byId("follow-up-prompt").focus() },
  r: { state: "open", run: () => byId("regenerate").click() },
  s: { state: "generating", run: () => byId("stop").click() },
};
const shortcuts = byId("shortcuts", HTMLInputElement);
const keys = byId("keys", HTMLDialogElement);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || isOfInputMethod(event) || !shortcuts.checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { target } = event;
  if (!(target instanceof Element)) return;
  // Keys that type, choose or scroll something else are not votes.
  if (target.closest("input:not(#shortcuts), textarea, select, [contenteditable]")) return;
  if (event.key.startsWith("Arrow") && target.closest("[tabindex='0']")) return;
  const { battle } = page;
  if (event.key === "?" && battle) {
    event.preventDefault();
    keys.showModal();
    return;
  }
  if (event.shiftKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const command = COMMANDS[key];
  if (command && command.state === battle?.state) {
    event.preventDefault();
    command.run();
    return;
  }
  const outcome = OUTCOMES[key];
  if (outcome === undefined || battle?.state !== "open") return;
  event.preventDefault();
  vote(outcome, "key");
});

byId("show-keys").addEventListener("click", () => keys.showModal());
shortcuts.checked = remembered("shortcuts") !== "off";
shortcuts.addEventListener("change", () => {
  remember("shortcuts", shortcuts.checked ? null : "off");
});
