// The vote.
/** @import { OutcomeEnum } from "#api" */
/** @import { Input } from "#page" */
import { castVote } from "../api.js";
import { message } from "../messages.js";
import { byId } from "../shared/elements.js";
import { isStatus, problemText, say } from "../shared/page.js";
import { page } from "./state.js";
import { refresh, reportedAttention, showChanged } from "./stream.js";
import { outcomes, showState } from "./view.js";

/**
 * Casts the vote; `input` says by what: a "key" or a "button".
 *
 * @param {OutcomeEnum} outcome
 * @param {Input} input
 */
export async function vote(outcome, input) {
  if (page.battle?.state !== "open" || outcomes[0].disabled) return;
  const { id } = page.battle;
  for (const button of outcomes) button.disabled = true;
  say(byId("vote-error"), "");
  say(byId("vote-title"), message("voting"));
  try {
    const voted = await castVote(id, outcome, reportedAttention(input));
    if (page.battle?.id !== id) return;
    showChanged(voted);
    byId("reveal-title").focus();
  } catch (error) {
    if (page.battle?.id !== id) return;
    showState();
    say(byId("vote-error"), problemText(error));
    if (isStatus(error, 409)) await refresh();
  }
}

for (const button of outcomes) {
  button.addEventListener("click", () => vote(/** @type {OutcomeEnum} */ (button.dataset.outcome), "button"));
}
