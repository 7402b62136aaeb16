// The moderators' workplace: keys for everything, and a queue that is live.
import { Problem } from "./api.js";
import { isOfInputMethod } from "./shared/ime.js";
import { LiveSocket } from "./socket.js";

const PAUSE_MS = 500; // between two fetches, however fast cases come in
const queue = document.getElementById("queue");
let at = -1;

const rows = () => [...document.querySelectorAll("[data-row]")];
const decision = () => document.getElementById("decide") ?? document.getElementById("bulk");

function go(step) {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all[at].classList.add("at");
  all[at].querySelector("[data-open]").focus();
}

function select() {
  const box = rows()[at]?.querySelector("input[type=checkbox]");
  if (box) box.checked = !box.checked;
}

function preview(kind) {
  decision()?.querySelector(`button[value="${kind}"]`)?.click();
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: select,
  c: () => document.querySelector("#claim button")?.click(),
  d: () => preview("dismiss"),
  h: () => ["hold", "hide"].forEach(preview), // a case has only one of the two
  e: () => preview("exclude"),
  s: () => preview("suspend"),
  a: () => document.querySelector("[data-first]")?.focus(),
  u: () => document.querySelector("[data-up]")?.click(),
  "/": () => document.getElementById("search")?.focus(),
  "?": () => document.getElementById("keys").showModal(),
};

/** Follows a link that has a key of its own, unfolds what is folded, and goes to a field. */
function press(marked) {
  marked.focus();
  if (marked.matches("a, summary")) marked.click();
}

addEventListener("keydown", (event) => {
  if (isOfInputMethod(event)) return;
  if (event.ctrlKey && event.key === "Enter") {
    event.target.closest("form")?.requestSubmit(event.target.form?.querySelector("button.primary"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("textarea, select, input:not([type=checkbox])")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const marked = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (document.getElementById("keys").open || !(marked || event.key in keys)) return;
  event.preventDefault();
  if (marked) press(marked);
  else keys[event.key]();
});

let busy = false;
let again = false;

async function load() {
  const response = await fetch(queue.dataset.fragment, { credentials: "same-origin" });
  if (!response.ok) throw new Problem(response.status);
  swap(await response.text());
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  await load().catch(() => {}); // the socket tells of a lost connection, and what came meanwhile
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  busy = false;
  if (!again) return;
  again = false;
  refresh();
}

/** Replaces the rows, and keeps what is selected and where the moderator is. */
function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("rows");
  const chosen = [...document.querySelectorAll("#bulk [name=case]:checked")].map((box) => box.value);
  const here = rows()[at]?.dataset.case;
  const focused = document.activeElement.closest("[data-row]") !== null;
  document.getElementById("rows").replaceWith(fresh);
  for (const box of fresh.querySelectorAll("[name=case]")) box.checked = chosen.includes(box.value);
  at = rows().findIndex((row) => row.dataset.case === here);
  if (at < 0) return;
  rows()[at].classList.add("at");
  if (focused) rows()[at].querySelector("[data-open]").focus({ preventScroll: true });
}

if (queue) {
  const live = document.getElementById("live");
  const show = (state) => {
    live.textContent = live.dataset[state];
    live.dataset.state = state;
    live.hidden = false;
  };
  new LiveSocket(
    queue.dataset.socket,
    {
      message: (frame) => frame.type === "queue" && refresh(),
      up: ({ polling }) => show(polling ? "poll" : "on"),
      down: () => show("off"),
    },
    { poll: load },
  );
}
