// The leaderboard's rows, fetched again whenever the board says that it changed.
import { getBoard } from "./api.js";
import { byId, find, findAll } from "./shared/elements.js";
import { LiveSocket } from "./socket.js";

const PAUSE_MS = 1000; // between two fetches, however fast the votes come in
const { socket = "", fragment = "", slug = "", query = "" } = byId("board").dataset;
const live = byId("live");
let wanted = "";
let busy = false;

const rows = () => byId("leaderboard-rows");

/** @param {string} updated when the board changed last */
function boardUpdated(updated) {
  wanted = updated;
  if (!busy && Date.parse(wanted) !== Date.parse(rows().dataset.updated ?? "")) refresh();
}

async function refresh() {
  busy = true;
  const asked = wanted;
  try {
    const response = await fetch(fragment, { credentials: "same-origin" });
    if (response.ok) swap(await response.text());
  } catch {
    // The socket reports a lost connection, and of the board again when it is back.
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  busy = false;
  if (wanted !== asked) refresh();
}

/**
 * Replaces the rows, marks those with new votes, and keeps the focus and what was open.
 *
 * @param {string} html
 */
function swap(html) {
  const fresh = find(new DOMParser().parseFromString(html, "text/html"), "#leaderboard-rows");
  const before = new Map(
    findAll(rows(), "[data-slug]").map((row) => [row.dataset.slug, row.dataset.votes]),
  );
  const focused = document.activeElement?.closest("[data-slug]")?.getAttribute("data-slug");
  for (const open of findAll(rows(), "details[open]")) {
    fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
  }
  rows().replaceWith(fresh);
  for (const row of findAll(fresh, "[data-slug]")) {
    row.classList.toggle("changed", before.get(row.dataset.slug) !== row.dataset.votes);
    if (row.dataset.slug === focused) find(row, "a").focus({ preventScroll: true });
  }
}

/**
 * Says how news come in: "on", live; "poll", asked for; "full", asked for by force; "off", not.
 *
 * @param {"on" | "poll" | "full" | "off"} state
 */
function showConnection(state) {
  live.textContent = live.dataset[state] ?? "";
  live.dataset.state = state;
  live.hidden = false;
}

/** @typedef {{ type: "beat" } | { type: "board", updated_at: string }} Frame */

/** @param {Frame} frame */
function take(frame) {
  if (frame.type === "board") boardUpdated(frame.updated_at);
}

new LiveSocket(
  socket,
  {
    message: take,
    up: ({ polling, full }) => showConnection(full ? "full" : polling ? "poll" : "on"),
    down: () => showConnection("off"),
  },
  {
    poll: async (signal) => {
      const now = await getBoard(slug, query, signal);
      if (!signal.aborted && now.updated_at) boardUpdated(now.updated_at);
    },
  },
);
