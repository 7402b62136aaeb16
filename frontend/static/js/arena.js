// The arena's page: prompt, two answers side by side, vote, reveal.
import { getBattle } from "./api.js";
import "./battle/dock.js";
import "./battle/keyboard.js";
import { offerDraft, showOpening } from "./battle/prompt.js";
import { onReturn } from "./battle/router.js";
import { showBattle } from "./battle/stream.js";
import "./battle/turns.js";
import { message } from "./messages.js";
import { byId, optional } from "./shared/elements.js";
import { isStatus, problemText, say } from "./shared/page.js";

/** @param {string | null} id of a battle */
async function showAgain(id) {
  if (id === null) {
    showOpening();
    return;
  }
  try {
    showBattle(await getBattle(id));
  } catch (error) {
    showOpening();
    say(byId("prompt-error"), isStatus(error, 404) ? message("unknown") : problemText(error));
  }
}

onReturn(showAgain);
const given = optional("battle");
if (given) showBattle(JSON.parse(given.textContent));
else offerDraft();
if (!navigator.cookieEnabled) say(byId("prompt-error"), message("cookies"));
