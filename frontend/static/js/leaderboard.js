// The leaderboard's rows, fetched again whenever the board says that it changed.
import { getBoard } from "./api.js";
import { LiveSocket } from "./socket.js";

const PAUSE_MS = 1000; // between two fetches, however fast the votes come in
const board = document.getElementById("board");
const live = document.getElementById("live");
let wanted = "";
let busy = false;

const rows = () => document.getElementById("leaderboard-rows");

function told({ updated_at: updated }) {
  wanted = updated;
  if (!busy && Date.parse(wanted) !== Date.parse(rows().dataset.updated)) refresh();
}

async function refresh() {
  busy = true;
  const asked = wanted;
  try {
    const response = await fetch(board.dataset.fragment, { credentials: "same-origin" });
    if (response.ok) swap(await response.text());
  } catch {
    // The socket tells of a lost connection, and of the board again when it is back.
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  busy = false;
  if (wanted !== asked) refresh();
}

/** Replaces the rows, marks those with new votes, and keeps the focus and what was open. */
function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("leaderboard-rows");
  const before = new Map(
    [...rows().querySelectorAll("[data-slug]")].map((row) => [row.dataset.slug, row.dataset.votes]),
  );
  const focused = document.activeElement.closest("[data-slug]")?.dataset.slug;
  for (const open of rows().querySelectorAll("details[open]")) {
    fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
  }
  rows().replaceWith(fresh);
  for (const row of fresh.querySelectorAll("[data-slug]")) {
    row.classList.toggle("changed", before.get(row.dataset.slug) !== row.dataset.votes);
    if (row.dataset.slug === focused) row.querySelector("a").focus({ preventScroll: true });
  }
}

/** Says how news come in: "on", live; "poll", asked for; "full", asked for by force; "off", not. */
function showConnection(state) {
  live.textContent = live.dataset[state];
  live.dataset.state = state;
  live.hidden = false;
}

new LiveSocket(
  board.dataset.socket,
  {
    message: (frame) => {
      if (frame.type === "board") told(frame);
    },
    up: ({ polling, full }) => showConnection(full ? "full" : polling ? "poll" : "on"),
    down: () => showConnection("off"),
  },
  {
    poll: async (signal) => {
      const now = await getBoard(board.dataset.slug, board.dataset.query, signal);
      if (!signal.aborted && now.updated_at) told(now);
    },
  },
);
