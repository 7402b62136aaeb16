// Follows a battle while its answers are written.
/** @import { Battle } from "#api" */
/** @import { BattleFrame, Input } from "#page" */
/** @import { Handlers } from "../socket.js" */
import { getBattle, getNews } from "../api.js";
import { Attention } from "../attention.js";
import { showImage } from "../image.js";
import { message } from "../messages.js";
import { byId } from "../shared/elements.js";
import { announce, problemText, say, show } from "../shared/page.js";
import { LiveSocket } from "../socket.js";
import { clearPanes, panes, rewrite, write } from "./panes.js";
import { currentBattle, currentTurn, newestTurn, page, SIDES, worded } from "./state.js";
import { showEarlier, showFurtherDraft, showState } from "./view.js";

const TELL_AFTER_MS = 1200;
const PAUSE_MS = 100; // between two requests for news, each of which the server holds for a while

/** @type {LiveSocket<BattleFrame> | null} */
let socket = null;
/** @type {Attention | null} */
let attention = null;
let connectionTimer = 0;
let connectionTold = "";
let streamedTurn = 0; // the turn that the socket's frames are of

/**
 * What goes with a vote that was cast by a "key" or a "button". Throws a TypeError while the page
 * shows no battle.
 *
 * @param {Input} input
 */
export function reportedAttention(input) {
  if (attention) return attention.report(input);
  throw new TypeError("The page shows no battle");
}

export function leaveBattle() {
  socket?.close();
  socket = null;
  attention?.stop();
  attention = null;
  tellOfConnection("");
  page.battle = null;
}

/**
 * Shows a battle as the server describes it, and follows it while it runs.
 *
 * @param {Battle} battle
 */
export function showBattle(battle) {
  leaveBattle();
  page.battle = battle;
  show(byId("opening"), false);
  show(byId("battle-view"));
  for (const place of ["vote-error", "again-error", "reveal-error"]) say(byId(place), "");
  const turn = currentTurn();
  byId("asked").textContent = turn.prompt;
  showImage(byId("asked-image", HTMLImageElement), turn);
  showEarlier();
  clearPanes();
  for (const side of SIDES) write(side, turn.answers[side] ?? "");
  if (battle.state === "open") {
    showFurtherDraft();
    if (battle.failure) say(byId("vote-error"), worded("dropped", { reason: battle.failure }));
  }
  attention = new Attention(panes);
  showProgress();
  if (battle.state === "generating") follow(battle);
}

/**
 * Takes over a battle that has come to another state with the same texts.
 *
 * @param {Battle} battle
 */
export function showChanged(battle) {
  page.battle = battle;
  showProgress();
}

function showProgress() {
  showState();
  if (currentBattle().state === "open") attention?.complete();
}

/** @param {Battle} battle */
function follow({ id: followed, socket: path }) {
  streamedTurn = 0;
  announce(worded("started"));
  let cursor = "";
  /** @param {BattleFrame} frame */
  const take = (frame) => {
    if (page.battle?.id === followed) takeFrame(frame);
  };
  /** @param {AbortSignal} signal */
  const poll = async (signal) => {
    const news = await getNews(followed, cursor, signal);
    if (signal.aborted) return;
    cursor = news.cursor;
    news.frames.forEach(take);
  };
  /** @type {Handlers<BattleFrame>} */
  const handlers = {
    message: take,
    up: ({ full }) => tellOfConnection(full ? "tooMany" : ""),
    down: () => tellOfConnection(navigator.onLine ? "reconnecting" : "offline"),
    missing: () => fail(message("unknown")),
  };
  socket = new LiveSocket(path, handlers, { poll, pauseMs: PAUSE_MS });
}

/**
 * Reports a lost connection once it has been lost for a while: most are back at once.
 *
 * @param {string} key of the message; empty: there is a connection
 */
function tellOfConnection(key) {
  if (key === connectionTold) return;
  connectionTold = key;
  clearTimeout(connectionTimer);
  if (key === "") say(byId("connection"), "");
  else connectionTimer = setTimeout(() => say(byId("connection"), message(key)), TELL_AFTER_MS);
}

/** @param {BattleFrame} frame */
function takeFrame(frame) {
  if (frame.type !== "snapshot" && streamedTurn !== currentTurn().number) return;
  switch (frame.type) {
    case "snapshot":
      streamedTurn = frame.turn ?? 0;
      if (streamedTurn !== currentTurn().number) {
        refresh(); // it goes on in another tab, or got no answers; or this frame is an old one
        break;
      }
      for (const side of SIDES) rewrite(side, frame[side] ?? "");
      break;
    case "text":
      for (const side of SIDES) {
        const more = frame[side];
        if (more) write(side, more);
      }
      break;
    case "open":
      stopFollowing("open");
      announce(worded("complete"));
      if (currentBattle().mode !== "blind") learnEndings();
      break;
    case "failed":
      fail(frame.detail ?? null);
      break;
    case "voted":
      refresh(); // in another tab
      break;
  }
}

/** @param {Battle["state"]} state */
function stopFollowing(state) {
  socket?.close();
  socket = null;
  tellOfConnection("");
  currentBattle().state = state;
  showProgress();
}

/** @param {string | null} detail why the battle failed */
function fail(detail) {
  currentBattle().failure = detail;
  stopFollowing("failed");
  byId("failure-title").focus();
}

/** Asks how the answers ended, which is no secret where the names are known. */
async function learnEndings() {
  const { id } = currentBattle();
  try {
    const current = await getBattle(id);
    if (page.battle?.id === id && !isNews(current)) showChanged(current);
  } catch (error) {
    if (page.battle?.id === id) say(byId("vote-error"), problemText(error));
  }
}

/** Asks the server how the battle stands, and shows it if that is news. */
export async function refresh() {
  const { id } = currentBattle();
  try {
    const current = await getBattle(id);
    if (page.battle?.id === id && isNews(current)) showBattle(current);
  } catch (error) {
    if (page.battle?.id === id) say(byId("vote-error"), problemText(error));
  }
}

/** @param {Battle} current */
function isNews(current) {
  return (
    current.state !== currentBattle().state || newestTurn(current).number !== currentTurn().number
  );
}
