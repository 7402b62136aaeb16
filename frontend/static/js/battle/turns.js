// The conversation goes on: continued, regenerated, stopped.
/** @import { Battle } from "#api" */
/** @import { KeyedPass } from "#page" */
import { continueBattle, regenerate, stopBattle } from "../api.js";
import { passing, Withdrawn } from "../gate.js";
import { message } from "../messages.js";
import { keep } from "../shared/drafts.js";
import { byId } from "../shared/elements.js";
import { sends } from "../shared/ime.js";
import { isStatus, say, tellProblem } from "../shared/page.js";
import { sendOnce } from "../shared/once.js";
import { isVisible } from "../shared/text.js";
import { currentBattle, currentTurn, page } from "./state.js";
import { refresh, showBattle } from "./stream.js";

const stopButton = byId("stop", HTMLButtonElement);
const regenerateButton = byId("regenerate", HTMLButtonElement);
const followUp = byId("follow-up", HTMLFormElement);
const prompt = byId("follow-up-prompt", HTMLTextAreaElement);

/**
 * Sends a request that changes what both models write, and shows what came of it. `what` tells it
 * from others at the same turn.
 *
 * @param {(id: string, pass: KeyedPass) => Promise<Battle>} send
 * @param {HTMLButtonElement} button
 * @param {string} [what]
 */
async function change(send, button, what) {
  const { id } = currentBattle();
  const request = [id, currentTurn().number, what];
  button.disabled = true;
  say(byId("vote-error"), "");
  /** @type {unknown} */
  let problem = null;
  try {
    const changed = await passing((pass) => sendOnce(request, (key) => send(id, { key, ...pass })));
    if (page.battle?.id === id) showBattle(changed);
  } catch (error) {
    problem = error;
  }
  button.disabled = false;
  if (problem && !(problem instanceof Withdrawn) && page.battle?.id === id) {
    if (isStatus(problem, 409)) await refresh();
    tellProblem(byId("vote-error"), problem, button);
  }
  return problem === null;
}

/** Where the dock would lie over the newest prompt, the page moves on to it. */
function goToTurn() {
  const title = byId("battle-title");
  title.scrollIntoView();
  title.focus({ preventScroll: true });
}

async function askFurther() {
  const text = prompt.value;
  const button = byId("follow-up-send", HTMLButtonElement);
  if (button.disabled) return;
  if (!isVisible(text)) {
    say(byId("vote-error"), message("empty"));
    return;
  }
  if (await change((id, pass) => continueBattle(id, text, pass), button)) {
    prompt.value = ""; // its draft stays, for it comes back if no answers do
    goToTurn();
  }
}

followUp.addEventListener("submit", (event) => {
  event.preventDefault();
  askFurther();
});
prompt.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  followUp.requestSubmit();
});
prompt.addEventListener("input", () => {
  const text = prompt.value;
  keep("further", text && JSON.stringify({ id: currentBattle().id, text }));
});
stopButton.addEventListener("click", async () => {
  if (await change(stopBattle, stopButton, "stop")) {
    byId(currentBattle().state === "failed" ? "failure-title" : "vote-title").focus();
  }
});
regenerateButton.addEventListener("click", async () => {
  if (await change(regenerate, regenerateButton, "regenerate")) goToTurn();
});
