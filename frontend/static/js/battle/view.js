// Brings the page in line with the state of its battle.
import { showImage } from "../image.js";
import { MarkdownStream } from "../markdown.js";
import { message } from "../messages.js";
import { askReport, showReaction, tellProblemsBy } from "../reactions.js";
import { kept } from "../shared/drafts.js";
import { byId, problemText, say, show } from "../shared/page.js";
import { finish, labels, markBusy, panes } from "./panes.js";
import { currentTurn, isDirect, page, SIDES, worded } from "./state.js";

const battleView = byId("battle-view");
const voteBar = byId("vote");
export const outcomes = [...voteBar.querySelectorAll("[data-outcome]")];
const copyButtons = [...battleView.querySelectorAll("[data-copy]")];
const reportButtons = [...battleView.querySelectorAll("[data-report]")];

/** Shows what the battle's state allows. */
export function showState() {
  const { battle } = page;
  const { state } = battle;
  battleView.dataset.state = state;
  battleView.dataset.mode = battle.mode;
  markBusy(state === "generating");
  if (state === "open" || state === "voted") SIDES.forEach(finish);
  say(byId("not-blind"), battle.mode === "blind" ? "" : worded("notBlind"));
  if (battle.contestants) showNames();
  showEndings();
  show(voteBar, state === "generating" || state === "open");
  show(byId("reveal"), state === "voted");
  show(byId("failure"), state === "failed");
  say(byId("vote-title"), worded(state === "open" ? "open" : "waitToVote"));
  for (const button of outcomes) button.disabled = state !== "open" || isDirect();
  show(byId("new-chat"), state === "open" && isDirect());
  byId("follow-up-prompt").placeholder = worded("further");
  for (const button of [...copyButtons, ...reportButtons]) {
    show(button, state === "open" || state === "voted");
  }
  show(byId("regenerate"), state === "open");
  show(byId("follow-up"), state === "open");
  show(byId("stop"), state === "generating");
  showReaction(state === "voted" ? battle : null);
  if (state === "voted") showReveal();
  if (state === "failed") byId("failure-detail").textContent = battle.failure ?? message("failed");
}

/** The turns before the current one. */
export function showEarlier() {
  const shown = page.battle.turns.slice(0, -1).map((earlier) => {
    const { prompt: asked, answers } = earlier;
    const turn = byId("earlier-turn").content.cloneNode(true);
    turn.querySelector(".asked-text").textContent = asked;
    showImage(turn.querySelector(".asked-image"), earlier);
    for (const body of turn.querySelectorAll("[data-side]")) {
      if (!(body.dataset.side in answers)) {
        body.parentElement.remove();
        continue;
      }
      const stream = new MarkdownStream(body, labels);
      stream.append(answers[body.dataset.side]);
      stream.finish();
    }
    return turn;
  });
  byId("earlier").replaceChildren(...shown);
}

/** Brings back what was typed to ask further; it is of no use once it has been answered. */
export function showFurtherDraft() {
  const { id, text } = JSON.parse(kept("further") || "{}");
  if (id === page.battle.id && text !== currentTurn().prompt) byId("follow-up-prompt").value ||= text;
}

/** Tells under each answer that was cut or broken off that it was: once the names are known. */
function showEndings() {
  const places = [...byId("earlier").children, battleView.querySelector(":scope > .answers")];
  for (const [index, place] of places.entries()) {
    for (const line of place.querySelectorAll("[data-ending]")) {
      const ending = page.battle.turns[index].endings?.[line.dataset.ending];
      say(line, ["cut", "broken_off"].includes(ending) ? message(`ending_${ending}`) : "");
    }
  }
}

function showNames() {
  for (const [side, { name, organisation, licence, url }] of Object.entries(page.battle.contestants)) {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = name;
    const meta = document.createElement("small");
    meta.textContent = `${organisation} · ${licence}`;
    panes[side].who.replaceChildren(link, meta);
  }
}

function showReveal() {
  const { contestants, conversation, vote: cast } = page.battle;
  if (cast.outcome in panes) panes[cast.outcome].article.dataset.chosen = "";
  const names = { a: contestants.a.name, b: contestants.b.name };
  const [title, others] = {
    a: ["votedA", "nameB"],
    b: ["votedB", "nameA"],
    tie: ["votedTie", "names"],
    both_bad: ["votedBothBad", "names"],
  }[cast.outcome];
  byId("reveal-title").textContent = message(title, names);
  byId("reveal-names").textContent = message(others, names);
  const shared = byId("reveal-public");
  show(shared, conversation !== null);
  if (conversation) shared.href = conversation;
  byId("reveal-standing").textContent = [message(cast.standing), cast.reason].filter(Boolean).join(" ");
}

for (const button of reportButtons) {
  button.addEventListener("click", () => askReport(page.battle.id, button.dataset.report));
}
tellProblemsBy(problemText);
