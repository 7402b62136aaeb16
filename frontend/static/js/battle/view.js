// Brings the page in line with the state of its battle.
/** @import { Battle, RevealedContestants } from "#api" */
import { showImage } from "../image.js";
import { MarkdownStream } from "../markdown.js";
import { message } from "../messages.js";
import { askReport, showReaction, tellProblemsBy } from "../reactions.js";
import { kept } from "../shared/drafts.js";
import { byId, find, findAll, query } from "../shared/elements.js";
import { problemText, say, show } from "../shared/page.js";
import { finish, labels, markBusy, panes } from "./panes.js";
import { currentBattle, currentTurn, isDirect, SIDES, worded } from "./state.js";

const battleView = byId("battle-view");
const voteBar = byId("vote");
export const outcomes = findAll(voteBar, "[data-outcome]", HTMLButtonElement);
const copyButtons = findAll(battleView, "[data-copy]");
const reportButtons = findAll(battleView, "[data-report]");
const furtherPrompt = byId("follow-up-prompt", HTMLTextAreaElement);

/** Shows what the battle's state allows. */
export function showState() {
  const battle = currentBattle();
  const { state } = battle;
  battleView.dataset.state = state;
  battleView.dataset.mode = battle.mode;
  markBusy(state === "generating");
  if (state === "open" || state === "voted") SIDES.forEach(finish);
  say(byId("not-blind"), battle.mode === "blind" ? "" : worded("notBlind"));
  if (battle.contestants) showNames(battle.contestants);
  showEndings();
  show(voteBar, state === "generating" || state === "open");
  show(byId("reveal"), state === "voted");
  show(byId("failure"), state === "failed");
  say(byId("vote-title"), worded(state === "open" ? "open" : "waitToVote"));
  for (const button of outcomes) button.disabled = state !== "open" || isDirect();
  show(byId("new-chat"), state === "open" && isDirect());
  furtherPrompt.placeholder = worded("further");
  for (const button of [...copyButtons, ...reportButtons]) {
    show(button, state === "open" || state === "voted");
  }
  show(byId("regenerate"), state === "open");
  show(byId("follow-up"), state === "open");
  show(byId("stop"), state === "generating");
  showReaction(state === "voted" ? battle : null);
  if (state === "voted") showReveal(battle);
  if (state === "failed") byId("failure-detail").textContent = battle.failure ?? message("failed");
}

/** The turns before the current one. */
export function showEarlier() {
  const shown = currentBattle().turns.slice(0, -1).map((earlier) => {
    const { prompt: asked, answers } = earlier;
    const turn = document.importNode(byId("earlier-turn", HTMLTemplateElement).content, true);
    find(turn, ".asked-text").textContent = asked;
    showImage(find(turn, ".asked-image", HTMLImageElement), earlier);
    for (const side of SIDES) {
      const body = find(turn, `[data-side="${side}"]`);
      const answer = answers[side];
      if (answer === undefined) {
        body.parentElement?.remove();
        continue;
      }
      const stream = new MarkdownStream(body, labels);
      stream.append(answer);
      stream.finish();
    }
    return turn;
  });
  byId("earlier").replaceChildren(...shown);
}

/** Brings back what was typed to ask further; it is of no use once it has been answered. */
export function showFurtherDraft() {
  const { id, text } = JSON.parse(kept("further") || "{}");
  if (id === currentBattle().id && text !== currentTurn().prompt) furtherPrompt.value ||= text;
}

/** Tells under each answer that was cut or broken off that it was: once the names are known. */
function showEndings() {
  const places = [...byId("earlier").children, find(battleView, ":scope > .answers")];
  for (const [index, place] of places.entries()) {
    for (const side of SIDES) {
      const line = query(place, `[data-ending="${side}"]`);
      const ending = currentBattle().turns[index].endings?.[side];
      const isTold = ending === "cut" || ending === "broken_off";
      if (line) say(line, isTold ? message(`ending_${ending}`) : "");
    }
  }
}

/** @param {RevealedContestants} contestants */
function showNames(contestants) {
  for (const side of SIDES) {
    const contestant = contestants[side];
    if (!contestant) continue;
    const { name, organisation, licence, url } = contestant;
    const link = document.createElement("a");
    link.href = url;
    link.textContent = name;
    const meta = document.createElement("small");
    meta.textContent = `${organisation} · ${licence}`;
    panes[side].who.replaceChildren(link, meta);
  }
}

/** The texts that tell an outcome, and who stood for what was not chosen. */
const REVEALED = {
  a: ["votedA", "nameB"],
  b: ["votedB", "nameA"],
  tie: ["votedTie", "names"],
  both_bad: ["votedBothBad", "names"],
};

/** @param {Battle} battle that was voted on */
function showReveal({ contestants, conversation, vote: cast }) {
  if (!contestants?.b || !cast) return;
  const { outcome } = cast;
  if (outcome === "a" || outcome === "b") panes[outcome].article.dataset.chosen = "";
  const names = { a: contestants.a.name, b: contestants.b.name };
  const [title, others] = REVEALED[outcome];
  byId("reveal-title").textContent = message(title, names);
  byId("reveal-names").textContent = message(others, names);
  const shared = byId("reveal-public", HTMLAnchorElement);
  show(shared, conversation !== null);
  if (conversation) shared.href = conversation;
  byId("reveal-standing").textContent = cast.explanation;
}

for (const button of reportButtons) {
  const side = button.dataset.report === "a" ? "a" : "b";
  button.addEventListener("click", () => askReport(currentBattle().id, side));
}
tellProblemsBy(problemText);
