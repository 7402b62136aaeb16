// The arena page: prompt, two answers side by side, vote, reveal.
import { castVote, continueBattle, getBattle, openBattle, Problem, regenerate, stopBattle } from "./api.js";
import { Attention } from "./attention.js";
import { passing, Withdrawn } from "./gate.js";
import { chooseImage, chosenImage, imageOf, removeImage, showImage } from "./image.js";
import { MarkdownStream } from "./markdown.js";
import { message } from "./messages.js";
import { askReport, showReaction, tellProblemsBy } from "./reactions.js";
import { LiveSocket } from "./socket.js";
import { remember, remembered } from "./storage.js";
import { countDown, stopCounting } from "./wait.js";

const SIDES = ["a", "b"];
const TELL_AFTER_MS = 1200;
const SILENT_MS = 25_000; // the server says something every ten seconds
const byId = (id) => document.getElementById(id);

const opening = byId("opening");
const composer = byId("composer");
const prompt = byId("prompt");
const send = byId("send");
const publish = byId("publish"); // in blind battles only
const choices = [...composer.querySelectorAll("[data-choice]")];
const battleView = byId("battle-view");
const voteBar = byId("vote");
const outcomes = [...voteBar.querySelectorAll("[data-outcome]")];
const shortcuts = byId("shortcuts");
const stopButton = byId("stop");
const regenerateButton = byId("regenerate");
const followUp = byId("follow-up");
const followUpPrompt = byId("follow-up-prompt");
const copyButtons = [...battleView.querySelectorAll("[data-copy]")];
const reportButtons = [...battleView.querySelectorAll("[data-report]")];
const keys = byId("keys");
const reveal = byId("reveal");
const failure = byId("failure");

const labels = {
  copy: message("copy"),
  copied: message("copied"),
  copyFailed: message("copyFailed"),
  code: message("code"),
};
const panes = Object.fromEntries(
  SIDES.map((side) => {
    const article = byId(`answer-${side}`);
    const [body, end, who] = [".answer-body", ".answer-end", ".who"].map((part) => article.querySelector(part));
    return [side, { article, body, end, who }];
  }),
);

let battle = null; // as the API gives it
let streams = {};
let socket = null;
let attention = null;
let connectionTimer = 0;
let streamedTurn = 0; // the turn that the socket's frames are of

/** The turn that is written or voted on. */
const currentTurn = () => battle.turns.at(-1);

/** The sides that answer: in a direct chat only one does. */
const sides = () => Object.keys(currentTurn().answers);

const isDirect = () => battle.mode === "direct";

/** The text of `key`, or what stands for it in a chat with one model. */
const worded = (key, values) => message(isDirect() ? `${key}Direct` : key, values);

// ---- what is shown ----

function show(element, shown = true) {
  element.hidden = !shown;
}

/** A message in its place; an empty text hides the place. */
function say(place, text) {
  stopCounting(place);
  place.textContent = text;
  show(place, text !== "");
}

/** For those who listen: one sentence at each turn of the battle, never the tokens. */
function announce(text) {
  byId("status").textContent = text;
}

function problemText(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.status === 0) return message("network");
  return error.detail || message("unexpected", { status: error.status });
}

/** Tells a problem in its place; if the server says when to come back, `button` waits for it. */
function tellProblem(place, error, button) {
  const text = problemText(error);
  if (error.wait) countDown(place, text, error.wait, button);
  else say(place, text);
}

function showOpening(text = "") {
  leaveBattle();
  show(battleView, false);
  show(opening);
  announce("");
  if (text) prompt.value = text;
  countCharacters();
  prompt.focus();
}

function leaveBattle() {
  socket?.close();
  socket = null;
  attention?.stop();
  attention = null;
  tellOfConnection("");
  battle = null;
}

/** Shows a battle as the server describes it, and follows it while it runs. */
function showBattle(shown) {
  leaveBattle();
  battle = shown;
  show(opening, false);
  show(battleView);
  say(byId("vote-error"), "");
  say(byId("again-error"), "");
  say(byId("reveal-error"), "");
  const turn = currentTurn();
  byId("asked").textContent = turn.prompt;
  showImage(byId("asked-image"), turn);
  showEarlier();
  for (const side of SIDES) {
    const pane = panes[side];
    pane.who.replaceChildren();
    delete pane.article.dataset.chosen;
    streams[side]?.close();
    pane.body.replaceChildren();
    streams[side] = new MarkdownStream(pane.body, labels);
    write(side, turn.answers[side] ?? "");
  }
  if (battle.state === "open") {
    followUpPrompt.value ||= furtherDraft();
    if (battle.failure) say(byId("vote-error"), worded("dropped", { reason: battle.failure }));
  }
  attention = new Attention(panes);
  showState();
  if (battle.state === "generating") follow();
}

/** The turns before the current one. */
function showEarlier() {
  const shown = battle.turns.slice(0, -1).map((earlier) => {
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

/** Brings the page in line with the battle's state. */
function showState() {
  const state = battle.state;
  battleView.dataset.state = state;
  for (const side of SIDES) {
    panes[side].article.setAttribute("aria-busy", String(state === "generating"));
    if (state === "open" || state === "voted") streams[side].finish();
  }
  if (state === "open") attention.complete();
  battleView.dataset.mode = battle.mode;
  say(byId("not-blind"), battle.mode === "blind" ? "" : worded("notBlind"));
  if (battle.contestants) showNames();
  show(voteBar, state === "generating" || state === "open");
  show(reveal, state === "voted");
  show(failure, state === "failed");
  say(byId("vote-title"), worded(state === "open" ? "open" : "waitToVote"));
  for (const button of outcomes) button.disabled = state !== "open" || isDirect();
  show(byId("new-chat"), state === "open" && isDirect());
  followUpPrompt.placeholder = worded("further");
  for (const button of [...copyButtons, ...reportButtons]) {
    show(button, state === "open" || state === "voted");
  }
  show(regenerateButton, state === "open");
  show(followUp, state === "open");
  show(stopButton, state === "generating");
  showReaction(state === "voted" ? battle : null);
  if (state === "voted") showReveal();
  if (state === "failed") byId("failure-detail").textContent = battle.failure ?? message("failed");
}

function write(side, text) {
  streams[side].append(text);
  panes[side].article.dataset.waiting = String(streams[side].text === "");
}

// ---- a running battle ----

function follow() {
  const followed = battle.id;
  streamedTurn = 0;
  announce(worded("started"));
  const handlers = {
    message: (frame) => {
      if (battle?.id === followed) takeFrame(frame);
    },
    up: () => tellOfConnection(""),
    down: () => tellOfConnection(navigator.onLine ? "reconnecting" : "offline"),
    missing: () => fail(message("unknown")),
  };
  socket = new LiveSocket(battle.socket, handlers, { silentMs: SILENT_MS });
}

/** Tells of a lost connection once it has been lost for a while: most are back at once. */
function tellOfConnection(key) {
  clearTimeout(connectionTimer);
  if (key === "") say(byId("connection"), "");
  else connectionTimer = setTimeout(() => say(byId("connection"), message(key)), TELL_AFTER_MS);
}

function takeFrame(frame) {
  if (frame.type !== "snapshot" && streamedTurn !== currentTurn().number) return;
  switch (frame.type) {
    case "snapshot":
      streamedTurn = frame.turn;
      if (streamedTurn !== currentTurn().number) {
        refresh(); // it goes on in another tab, or got no answers; or this frame is an old one
        break;
      }
      for (const side of SIDES) {
        streams[side].replace(frame[side] ?? "");
        write(side, "");
      }
      break;
    case "text":
      for (const side of SIDES) if (frame[side]) write(side, frame[side]);
      break;
    case "open":
      stopFollowing("open");
      announce(worded("complete"));
      break;
    case "failed":
      fail(frame.detail);
      break;
    case "voted":
      refresh(); // in another tab
      break;
  }
}

function stopFollowing(state) {
  socket?.close();
  socket = null;
  tellOfConnection("");
  battle.state = state;
  showState();
}

function fail(detail) {
  battle.failure = detail;
  stopFollowing("failed");
  byId("failure-title").focus();
}

async function refresh() {
  const { id } = battle;
  try {
    const current = await getBattle(id);
    if (battle?.id === id && isNews(current)) showBattle(current);
  } catch (error) {
    if (battle?.id === id) say(byId("vote-error"), problemText(error));
  }
}

function isNews(current) {
  return current.state !== battle.state || current.turns.at(-1).number !== currentTurn().number;
}

// ---- the conversation goes on ----

/** Sends a request that changes what both models write, and shows what came of it. */
async function change(send, button) {
  const { id } = battle;
  button.disabled = true;
  say(byId("vote-error"), "");
  let problem = null;
  try {
    const changed = await passing((pass) => send(id, pass));
    if (battle?.id === id) showBattle(changed);
  } catch (error) {
    problem = error;
  }
  button.disabled = false;
  if (problem && !(problem instanceof Withdrawn) && battle?.id === id) {
    if (problem.status === 409) await refresh();
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

/** What was typed to ask further in this battle; of no use once it has been answered. */
function furtherDraft() {
  const { id, text } = JSON.parse(remembered("further")) ?? {};
  return id === battle.id && text !== currentTurn().prompt ? text : "";
}

async function askFurther() {
  const text = followUpPrompt.value;
  const button = byId("follow-up-send");
  if (button.disabled) return;
  if (!text.trim()) {
    say(byId("vote-error"), message("empty"));
    return;
  }
  if (await change((id, pass) => continueBattle(id, text, pass), button)) {
    followUpPrompt.value = "";
    goToTurn();
  }
}

followUp.addEventListener("submit", (event) => {
  event.preventDefault();
  askFurther();
});
followUpPrompt.addEventListener("keydown", sendOnEnter);
followUpPrompt.addEventListener("input", () => {
  const text = followUpPrompt.value;
  remember("further", text ? JSON.stringify({ id: battle.id, text }) : null);
});
stopButton.addEventListener("click", async () => {
  if (await change(stopBattle, stopButton)) {
    byId(battle.state === "failed" ? "failure-title" : "vote-title").focus();
  }
});
regenerateButton.addEventListener("click", async () => {
  if (await change(regenerate, regenerateButton)) goToTurn();
});

for (const button of copyButtons) {
  const idle = button.firstChild.textContent;
  button.addEventListener("click", async () => {
    let told = "copied";
    try {
      await navigator.clipboard.writeText(streams[button.dataset.copy].text);
    } catch {
      told = "copyFailed";
    }
    button.firstChild.textContent = message(told);
    announce(message(told));
    setTimeout(() => (button.firstChild.textContent = idle), 2000);
  });
}

for (const button of reportButtons) {
  button.addEventListener("click", () => {
    askReport(battle.id, button.dataset.report);
  });
}
tellProblemsBy(problemText);

byId("show-keys").addEventListener("click", () => keys.showModal());

// ---- vote and reveal ----

/** Casts the vote; `input` says by what: a "key" or a "button". */
async function vote(outcome, input) {
  if (battle?.state !== "open" || outcomes[0].disabled) return;
  const { id } = battle;
  for (const button of outcomes) button.disabled = true;
  say(byId("vote-error"), "");
  say(byId("vote-title"), message("voting"));
  try {
    const voted = await castVote(id, outcome, attention.report(input));
    if (battle?.id !== id) return;
    battle = voted;
    showState();
    byId("reveal-title").focus();
  } catch (error) {
    if (battle?.id !== id) return;
    showState();
    say(byId("vote-error"), problemText(error));
    if (error.status === 409) await refresh();
  }
}

function showNames() {
  for (const [side, { name, organisation, licence, url }] of Object.entries(battle.contestants)) {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = name;
    const meta = document.createElement("small");
    meta.textContent = `${organisation} · ${licence}`;
    panes[side].who.replaceChildren(link, meta);
  }
}

function showReveal() {
  const { contestants, vote: cast } = battle;
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
  show(shared, battle.conversation !== null);
  if (battle.conversation) shared.href = battle.conversation;
  byId("reveal-standing").textContent = [message(cast.standing), cast.reason].filter(Boolean).join(" ");
}

for (const button of outcomes) {
  button.addEventListener("click", () => vote(button.dataset.outcome, "button"));
}

const KEYS = {
  ArrowLeft: "a", 1: "a", a: "a",
  ArrowRight: "b", 2: "b", b: "b",
  3: "tie", t: "tie",
  4: "both_bad", x: "both_bad",
};
const COMMANDS = {
  f: () => followUpPrompt.focus(),
  r: () => regenerateButton.click(),
  s: () => stopButton.click(),
};
const COMMAND_IN = { f: "open", r: "open", s: "generating" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing || !shortcuts.checked) return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  // Keys that type, choose or scroll something else are not votes.
  if (event.target.closest("input:not(#shortcuts), textarea, select, [contenteditable]")) return;
  if (event.key.startsWith("Arrow") && event.target.closest("[tabindex='0']")) return;
  if (event.key === "?" && battle) {
    event.preventDefault();
    keys.showModal();
    return;
  }
  if (event.shiftKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (COMMAND_IN[key] && COMMAND_IN[key] === battle?.state) {
    event.preventDefault();
    COMMANDS[key]();
    return;
  }
  const outcome = KEYS[key];
  if (outcome === undefined || battle?.state !== "open") return;
  event.preventDefault();
  vote(outcome, "key");
});

shortcuts.checked = remembered("shortcuts") !== "off";
shortcuts.addEventListener("change", () => {
  remember("shortcuts", shortcuts.checked ? null : "off");
});

// ---- prompt ----

const longest = Number(composer.dataset.max);

/** Characters as the server counts them: a smiley is one. */
function lengthOf(text) {
  return [...text].length;
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

/** Opens a battle on `text`, blind or of `contestants`; problems are told in `place`. */
async function start(text, place, button, image, contestants = chosen()) {
  say(place, "");
  const count = lengthOf(text);
  if (!text.trim()) {
    say(place, message("empty"));
    return;
  }
  if (count > longest) {
    say(place, message("tooLong", { count, max: longest }));
    return;
  }
  button.disabled = true;
  let problem = null;
  try {
    const opened = await passing((pass) =>
      openBattle(text, { image, publish: publish?.checked, contestants, ...pass }),
    );
    goTo(opened.url);
    showBattle(opened);
    scrollTo(0, 0);
    byId("battle-title").focus({ preventScroll: true });
    prompt.value = "";
    removeImage();
    remember("draft", null);
  } catch (error) {
    problem = error;
  }
  button.disabled = false;
  if (problem instanceof Withdrawn) takeBack(problem.finds);
  else if (problem) tellProblem(place, problem, button);
}

/** Back to the prompt, where the first thing to change is selected. */
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

/** Enter sends a text field's form. A phone's starts a new line, for it has no Shift to hold. */
function sendOnEnter(event) {
  const touch = matchMedia("(pointer: coarse)").matches && !(event.ctrlKey || event.metaKey);
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || touch) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

prompt.addEventListener("keydown", sendOnEnter);
prompt.addEventListener("input", () => {
  countCharacters();
  remember("draft", prompt.value || null);
});

for (const button of battleView.querySelectorAll("[data-action]")) {
  button.addEventListener("click", async () => {
    const [first] = battle.turns;
    const asked = first.prompt;
    if (button.dataset.action === "again") {
      const same = battle.mode === "blind" ? undefined : sides().map((side) => battle.contestants[side].slug);
      const place = byId(battle.state === "failed" ? "again-error" : "reveal-error");
      start(asked, place, button, await imageOf(first), same);
      return;
    }
    goTo(composer.dataset.home);
    const edits = button.dataset.action === "edit";
    showOpening(edits ? asked : "");
    const image = edits && (await imageOf(first));
    if (image) chooseImage(image.file, image.alt);
  });
}

// ---- address ----

let path = location.pathname;

function goTo(url) {
  history.pushState(null, "", url);
  path = location.pathname;
}

/** Shows what the address names: a battle or the prompt box. */
async function showAddress() {
  if (location.pathname === path) return; // a jump within the page
  path = location.pathname;
  const id = /\/battles\/([0-9a-f-]{36})\/$/.exec(location.pathname)?.[1];
  if (id === undefined) {
    showOpening();
    return;
  }
  try {
    showBattle(await getBattle(id));
  } catch (error) {
    showOpening();
    say(byId("prompt-error"), error.status === 404 ? message("unknown") : problemText(error));
  }
}

addEventListener("popstate", showAddress);

const given = byId("battle");
if (given) {
  showBattle(JSON.parse(given.textContent));
} else {
  prompt.value ||= remembered("draft") ?? "";
  countCharacters();
}
