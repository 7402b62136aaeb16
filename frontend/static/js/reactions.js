// What a voter says beside the vote: why they voted so, and what moderators should look at.
/** @import { Battle, Reaction, ReasonEnum, TraitEnum } from "#api" */
/** @import { Side } from "#page" */
import { react, report } from "./api.js";
import { texts } from "./messages.js";
import { byId, findAll } from "./shared/elements.js";

/** @type {Side[]} */
const SIDES = ["a", "b"];
const OPPOSITES = new Map(
  [["correct", "wrong"], ["clear", "unclear"], ["complete", "incomplete"]].flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
);
const message = texts("reaction-messages");

const section = byId("reaction");
const form = byId("reaction-form");
const comment = byId("reaction-comment", HTMLTextAreaElement);
const save = byId("reaction-save", HTMLButtonElement);
const dialog = byId("report", HTMLDialogElement);
const reportForm = byId("report-form", HTMLFormElement);
const thanks = byId("report-thanks");

/** @type {Battle | null} */
let battle = null;
/**
 * What the dialog is about.
 *
 * @type {{ id: string, side: Side } | null}
 */
let reported = null;
/** @type {(error: unknown) => string} */
let problemText = String;

/** @param {string} side */
const boxes = (side) => findAll(form, `input[name="${side}"]`, HTMLInputElement);

/** @param {Side} side */
const chosenTraits = (side) =>
  boxes(side)
    .filter((box) => box.checked)
    .map((box) => /** @type {TraitEnum} */ (box.value));

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  place.textContent = text;
  place.hidden = text === "";
}

/**
 * How the page tells an error of the API.
 *
 * @param {(error: unknown) => string} text
 */
export function tellProblemsBy(text) {
  problemText = text;
}

/**
 * Shows what the voter said of a battle that was voted on; null hides it.
 *
 * @param {Battle | null} voted
 */
export function showReaction(voted) {
  section.hidden = voted === null;
  say(thanks, "");
  if (voted === null || voted.id === battle?.id) return;
  battle = voted;
  /** @type {Reaction} */
  const said = voted.reaction ?? { traits: { a: [], b: [] }, comment: "" };
  for (const side of SIDES) {
    /** @type {string[]} */
    const traits = said.traits[side];
    for (const box of boxes(side)) box.checked = traits.includes(box.value);
  }
  comment.value = said.comment ?? "";
  say(byId("reaction-status"), "");
  say(byId("reaction-error"), "");
}

form.addEventListener("change", ({ target }) => {
  say(byId("reaction-status"), "");
  if (!(target instanceof HTMLInputElement) || !target.checked) return;
  const opposite = boxes(target.name).find(({ value }) => value === OPPOSITES.get(target.value));
  if (opposite) opposite.checked = false;
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!battle) return;
  const { id } = battle;
  const traits = { a: chosenTraits("a"), b: chosenTraits("b") };
  save.disabled = true;
  say(byId("reaction-status"), "");
  say(byId("reaction-error"), "");
  try {
    await react(id, traits, comment.value);
    if (battle?.id === id) {
      say(byId("reaction-status"), message("saved"));
      byId("reaction-status").scrollIntoView({ block: "nearest" });
    }
  } catch (error) {
    if (battle?.id === id) say(byId("reaction-error"), problemText(error));
  }
  save.disabled = false;
});

/**
 * Asks what is wrong with the answer of a side, and sends it to the moderators.
 *
 * @param {string} id of the battle
 * @param {Side} side
 */
export function askReport(id, side) {
  if (reported?.id !== id || reported.side !== side) reportForm.reset();
  reported = { id, side };
  byId("report-title").textContent = message("reportTitle", { side: side.toUpperCase() });
  say(byId("report-error"), "");
  say(thanks, "");
  dialog.showModal();
}

byId("report-cancel").addEventListener("click", () => dialog.close());

reportForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!reported) return;
  const { id, side } = reported;
  const reason = /** @type {ReasonEnum} */ (new FormData(reportForm).get("reason"));
  const button = byId("report-send", HTMLButtonElement);
  button.disabled = true;
  try {
    await report(id, { side, reason, comment: byId("report-comment", HTMLTextAreaElement).value });
    dialog.close();
    say(thanks, message("reported"));
  } catch (error) {
    say(byId("report-error"), problemText(error));
  }
  button.disabled = false;
});
