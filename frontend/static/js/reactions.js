// What a voter says beside the vote: why they voted so, and what moderators should look at.
import { react, report } from "./api.js";
import { texts } from "./messages.js";

const SIDES = ["a", "b"];
const OPPOSITES = new Map(
  [["correct", "wrong"], ["clear", "unclear"], ["complete", "incomplete"]].flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
);
const byId = (id) => document.getElementById(id);
const message = texts("reaction-messages");

const section = byId("reaction");
const form = byId("reaction-form");
const comment = byId("reaction-comment");
const save = byId("reaction-save");
const dialog = byId("report");
const thanks = byId("report-thanks");

let battle = null;
let reported = null; // {id, side} of what the dialog is about
let problemText;

const boxes = (side) => [...form.querySelectorAll(`input[name="${side}"]`)];

function say(place, text) {
  place.textContent = text;
  place.hidden = text === "";
}

/** How the page tells an error of the API. */
export function tellProblemsBy(text) {
  problemText = text;
}

/** Shows what the voter said of a battle that was voted on; null hides it. */
export function showReaction(voted) {
  section.hidden = voted === null;
  say(thanks, "");
  if (voted === null || voted.id === battle?.id) return;
  battle = voted;
  const said = voted.reaction ?? { traits: { a: [], b: [] }, comment: "" };
  for (const side of SIDES) {
    for (const box of boxes(side)) box.checked = said.traits[side].includes(box.value);
  }
  comment.value = said.comment;
  say(byId("reaction-status"), "");
  say(byId("reaction-error"), "");
}

form.addEventListener("change", ({ target }) => {
  say(byId("reaction-status"), "");
  if (!target.checked) return;
  const opposite = boxes(target.name).find(({ value }) => value === OPPOSITES.get(target.value));
  if (opposite) opposite.checked = false;
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id } = battle;
  const traits = Object.fromEntries(
    SIDES.map((side) => [side, boxes(side).filter((box) => box.checked).map((box) => box.value)]),
  );
  save.disabled = true;
  say(byId("reaction-status"), "");
  say(byId("reaction-error"), "");
  try {
    await react(id, traits, comment.value);
    if (battle.id === id) {
      say(byId("reaction-status"), message("saved"));
      byId("reaction-status").scrollIntoView({ block: "nearest" });
    }
  } catch (error) {
    if (battle.id === id) say(byId("reaction-error"), problemText(error));
  }
  save.disabled = false;
});

/** Asks what is wrong with the answer of a side, and sends it to the moderators. */
export function askReport(id, side) {
  if (reported?.id !== id || reported.side !== side) byId("report-form").reset();
  reported = { id, side };
  byId("report-title").textContent = message("reportTitle", { side: side.toUpperCase() });
  say(byId("report-error"), "");
  say(thanks, "");
  dialog.showModal();
}

byId("report-cancel").addEventListener("click", () => dialog.close());

byId("report-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id, side } = reported;
  const { reason } = Object.fromEntries(new FormData(event.target));
  const button = byId("report-send");
  button.disabled = true;
  try {
    await report(id, { side, reason, comment: byId("report-comment").value });
    dialog.close();
    say(thanks, message("reported"));
  } catch (error) {
    say(byId("report-error"), problemText(error));
  }
  button.disabled = false;
});
