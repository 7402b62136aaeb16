// Requests that start something, sent again under the same key if their reply was lost: the server
// then answers with what it has started already.
import { Problem } from "../api.js";
import { keep, kept } from "./drafts.js";

const AGAIN_MS = 1000;
const PENDING_MS = 600_000; // whoever sends the same after that means a new one
const LOST = [0, 502, 504]; // the statuses after which nobody knows whether the server did it

let pending = ""; // where storage is closed to us, it lasts as long as the page

/** @param {string} text */
function keepPending(text) {
  pending = text;
  keep("pending", text);
}

/** A random key; also where the page has no secure context, and so no crypto.randomUUID. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/**
 * The key of a request: a new one, or that of an attempt whose reply this tab never got.
 *
 * @param {string} request
 */
function keyOf(request) {
  const before = JSON.parse(kept("pending") || pending || "{}");
  const goesOn = before.request === request && Date.now() - before.since < PENDING_MS;
  const { key, since } = goesOn ? before : { key: newKey(), since: Date.now() };
  keepPending(JSON.stringify({ request, key, since }));
  return key;
}

/**
 * Calls `send(key)` and, if its reply is lost, calls it once more. A request that is tried again
 * later, even after a reload, has the same key until a reply came.
 *
 * @template T
 * @param {unknown} request anything JSON that says what is sent
 * @param {(key: string) => Promise<T>} send
 */
export async function sendOnce(request, send) {
  const key = keyOf(JSON.stringify(request));
  let reply;
  try {
    reply = await send(key);
  } catch (error) {
    const status = error instanceof Problem ? error.status : null;
    if (status === null || !LOST.includes(status)) {
      if (status === 422) keepPending("");
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    reply = await send(key);
  }
  keepPending("");
  return reply;
}
