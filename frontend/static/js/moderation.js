// The pages of moderators: keyboard shortcuts, and a live queue.
import { Problem } from "./api.js";
import { byId, find, findAll, optional, query } from "./shared/elements.js";
import { isOfInputMethod } from "./shared/ime.js";
import { LiveSocket } from "./socket.js";

const PAUSE_MS = 500; // least time between two requests
const queue = optional("queue");
const help = byId("keys", HTMLDialogElement);
let at = -1;

const rows = () => findAll(document, "[data-row]");
const decision = () => optional("decide") ?? optional("bulk");

/** @param {number} step */
function go(step) {
  const all = rows();
  if (!all.length) return;
  all[at]?.classList.remove("at");
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all[at].classList.add("at");
  find(all[at], "[data-open]").focus();
}

function select() {
  const row = rows()[at];
  const box = row && query(row, "input[type=checkbox]", HTMLInputElement);
  if (box) box.checked = !box.checked;
}

/** @param {string} kind of decision */
function preview(kind) {
  const form = decision();
  if (form) query(form, `button[value="${kind}"]`)?.click();
}

/** @type {Record<string, () => void>} */
const keys = {
  j: () => go(1),
  k: () => go(-1),
  x: select,
  c: () => query(document, "#claim button")?.click(),
  d: () => preview("dismiss"),
  h: () => ["hold", "hide"].forEach(preview), // a case has only one of the two kinds
  e: () => preview("exclude"),
  s: () => preview("suspend"),
  a: () => query(document, "[data-first]")?.focus(),
  u: () => query(document, "[data-up]")?.click(),
  "/": () => optional("search")?.focus(),
  "?": () => help.showModal(),
};

/**
 * Follows a link, opens a summary or focuses a field that has a key of its own.
 *
 * @param {HTMLElement} target
 */
function press(target) {
  target.focus();
  if (target.matches("a, summary")) target.click();
}

addEventListener("keydown", (event) => {
  const { target } = event;
  if (isOfInputMethod(event) || !(target instanceof HTMLElement)) return;
  if (event.ctrlKey && event.key === "Enter") {
    const form = target.closest("form");
    form?.requestSubmit(form.querySelector("button.primary"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.matches("textarea, select, input:not([type=checkbox])")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const keyed = query(document, `[data-key="${CSS.escape(event.key)}"]`);
  if (help.open || !(keyed || event.key in keys)) return;
  event.preventDefault();
  if (keyed) press(keyed);
  else keys[event.key]();
});

let busy = false;
let again = false;

async function load() {
  const response = await fetch(byId("queue").dataset.fragment ?? "", { credentials: "same-origin" });
  if (!response.ok) throw new Problem(response.status);
  swap(await response.text());
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  await load().catch(() => {}); // the socket reports a lost connection, and then what it missed
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  busy = false;
  if (!again) return;
  again = false;
  refresh();
}

/**
 * Replaces the rows, and keeps the selection, the current row and the focus.
 *
 * @param {string} html
 */
function swap(html) {
  const fresh = find(new DOMParser().parseFromString(html, "text/html"), "#rows");
  const chosen = findAll(document, "#bulk [name=case]:checked", HTMLInputElement).map(
    (box) => box.value,
  );
  const here = rows()[at]?.dataset.case;
  const focused = Boolean(document.activeElement?.closest("[data-row]"));
  byId("rows").replaceWith(fresh);
  for (const box of findAll(fresh, "[name=case]", HTMLInputElement)) {
    box.checked = chosen.includes(box.value);
  }
  at = rows().findIndex((row) => row.dataset.case === here);
  if (at < 0) return;
  rows()[at].classList.add("at");
  if (focused) find(rows()[at], "[data-open]").focus({ preventScroll: true });
}

if (queue) {
  const live = byId("live");
  /** @param {"on" | "poll" | "off"} state */
  const show = (state) => {
    live.textContent = live.dataset[state] ?? "";
    live.dataset.state = state;
    live.hidden = false;
  };
  /** @param {{ type: "beat" | "queue" }} frame */
  const take = (frame) => {
    if (frame.type === "queue") refresh();
  };
  new LiveSocket(
    queue.dataset.socket ?? "",
    {
      message: take,
      up: ({ polling }) => show(polling ? "poll" : "on"),
      down: () => show("off"),
    },
    { poll: load },
  );
}
