// The prompt box, and how a battle is opened.
/** @import { Find, Picture } from "#page" */
import { openBattle } from "../api.js";
import { passing, Withdrawn } from "../gate.js";
import { chooseImage, chosenImage, imageOf, removeImage } from "../image.js";
import { message } from "../messages.js";
import { draft, keepDraft } from "../shared/drafts.js";
import { byId, findAll, optional } from "../shared/elements.js";
import { sends } from "../shared/ime.js";
import { sendOnce } from "../shared/once.js";
import { announce, say, show, tellProblem } from "../shared/page.js";
import { isVisible, lengthOf } from "../shared/text.js";
import { goTo } from "./router.js";
import { answeringSides, currentBattle } from "./state.js";
import { leaveBattle, showBattle } from "./stream.js";

const opening = byId("opening");
const composer = byId("composer", HTMLFormElement);
const prompt = byId("prompt", HTMLTextAreaElement);
const send = byId("send", HTMLButtonElement);
const publish = optional("publish", HTMLInputElement); // in blind battles only
const choices = findAll(composer, "[data-choice]", HTMLSelectElement);
const longest = Number(composer.dataset.max);

/** Shows the prompt box, with a text if there is one to edit. */
export function showOpening(text = "") {
  leaveBattle();
  show(byId("battle-view"), false);
  show(opening);
  announce("");
  if (text) prompt.value = text;
  countCharacters();
  prompt.focus();
}

/** Brings back what was typed in this tab. */
export function offerDraft() {
  prompt.value ||= draft();
  countCharacters();
}

function countCharacters() {
  const count = lengthOf(prompt.value);
  const place = byId("prompt-count");
  say(place, count > longest * 0.8 ? message("characters", { count, max: longest }) : "");
  place.classList.toggle("over", count > longest);
}

/** The slugs of the models that are chosen in the form; undefined where they are drawn. */
function chosen() {
  return choices.length ? choices.map(({ value }) => value) : undefined;
}

/**
 * Why a text cannot be sent; empty if it can.
 *
 * @param {string} text
 */
function fault(text) {
  const count = lengthOf(text);
  if (!isVisible(text)) return message("empty");
  return count > longest ? message("tooLong", { count, max: longest }) : "";
}

/**
 * Opens a battle on `text`, blind or of `contestants`; problems are shown in `place`.
 *
 * @param {string} text
 * @param {HTMLElement} place
 * @param {HTMLButtonElement} button
 * @param {Picture} [image]
 * @param {string[]} [contestants]
 */
async function start(text, place, button, image, contestants = chosen()) {
  say(place, fault(text));
  if (fault(text)) return;
  button.disabled = true;
  /** @type {unknown} */
  let problem = null;
  try {
    const options = { publish: publish?.checked, contestants };
    const shown = image && [image.file.size, image.file.type, image.alt];
    const request = { text, image: shown, ...options };
    const opened = await passing((pass) =>
      sendOnce(request, (key) => openBattle(text, { image, key, ...options, ...pass })),
    );
    goTo(opened.url);
    showBattle(opened);
    scrollTo(0, 0);
    byId("battle-title").focus({ preventScroll: true });
    prompt.value = "";
    removeImage();
    keepDraft("");
  } catch (error) {
    problem = error;
  }
  button.disabled = false;
  if (problem instanceof Withdrawn) takeBack(problem.finds);
  else if (problem) tellProblem(place, problem, button);
}

/**
 * Back to the prompt, where the first thing to change is selected.
 *
 * @param {Find[]} finds
 */
function takeBack([first]) {
  if (opening.hidden) return;
  prompt.focus();
  const at = first ? prompt.value.indexOf(first.text) : -1;
  if (at >= 0) prompt.setSelectionRange(at, at + first.text.length);
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!send.disabled) start(prompt.value, byId("prompt-error"), send, chosenImage());
});
prompt.addEventListener("keydown", (event) => {
  if (!sends(event)) return;
  event.preventDefault();
  composer.requestSubmit();
});
prompt.addEventListener("input", () => {
  countCharacters();
  keepDraft(prompt.value);
});

/** The contestants of a battle that is not blind, to ask the same ones again. */
function sameContestants() {
  const { contestants } = currentBattle();
  return answeringSides().flatMap((side) => contestants?.[side]?.slug ?? []);
}

for (const button of findAll(document, "#battle-view [data-action]", HTMLButtonElement)) {
  button.addEventListener("click", async () => {
    const battle = currentBattle();
    const [first] = battle.turns;
    const asked = first.prompt;
    if (button.dataset.action === "again") {
      const same = battle.mode === "blind" ? undefined : sameContestants();
      const place = byId(battle.state === "failed" ? "again-error" : "reveal-error");
      start(asked, place, button, await imageOf(first), same);
      return;
    }
    goTo(composer.dataset.home ?? "/");
    const edits = button.dataset.action === "edit";
    showOpening(edits ? asked : "");
    const image = edits ? await imageOf(first) : undefined;
    if (image) chooseImage(image.file, image.alt);
  });
}
