// The arena's page: prompt, two answers side by side, vote, reveal.
import { getBattle } from "./api.js";
import "./battle/keyboard.js";
import { offerDraft, showOpening } from "./battle/prompt.js";
import { onReturn } from "./battle/router.js";
import { showBattle } from "./battle/stream.js";
import "./battle/turns.js";
import { message } from "./messages.js";
import { byId, problemText, say } from "./shared/page.js";

onReturn(async (id) => {
  if (id === null) {
    showOpening();
    return;
  }
  try {
    showBattle(await getBattle(id));
  } catch (error) {
    showOpening();
    say(byId("prompt-error"), error.status === 404 ? message("unknown") : problemText(error));
  }
});

const given = byId("battle");
if (given) showBattle(JSON.parse(given.textContent));
else offerDraft();
if (!navigator.cookieEnabled) say(byId("prompt-error"), message("cookies"));
