// The site's JSON API. Errors arrive as RFC 9457 problems.
/** @import { Attention, Battle, Leaderboard, Live, NewVote, Report, Traits } from "#api" */
/** @import { KeyedPass, ProblemDocument, Wishes } from "#page" */
import { find } from "./shared/elements.js";

/**
 * A request that did not succeed: `status` 0 means that the server was not reached, `kind` is what
 * the arena calls it, `document` is the whole problem.
 */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {ProblemDocument | null} [document]
   */
  constructor(status, document = null) {
    const detail = readable(document);
    super(detail);
    this.status = status;
    this.detail = detail;
    this.document = document;
    this.kind = /^urn:blind-arena:(.+)/.exec(document?.type ?? "")?.[1] ?? "";
  }

  /** Seconds until it is worth trying again; undefined if the server does not know. */
  get wait() {
    return this.document?.retry_after;
  }
}

const TIMEOUT_MS = 30_000;

/** The token that Django asks of every write: from its cookie, for another tab may have logged in. */
function csrfToken() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return cookie ?? find(document, 'meta[name="csrf-token"]', HTMLMetaElement).content;
}

/**
 * A signal that aborts after a while, or when `other` does.
 *
 * @param {AbortSignal} [other]
 */
function timely(other) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return other && AbortSignal.any ? AbortSignal.any([timeout, other]) : timeout;
}

/**
 * @template T
 * @param {string} method
 * @param {string} path below /api/v1/
 * @param {object} [body]
 * @param {{ headers?: Record<string, string>, signal?: AbortSignal }} [options]
 * @returns {Promise<T>} what the API answers at this path
 */
async function request(method, path, body, { headers = {}, signal } = {}) {
  /** @type {Record<string, string>} */
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET") {
    if (!(body instanceof FormData)) sent["Content-Type"] = "application/json";
    sent["X-CSRFToken"] = csrfToken();
  }
  /** @type {Response} */
  let response;
  let content;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers: sent,
      body: body instanceof FormData ? body : body && JSON.stringify(body),
      credentials: "same-origin",
      signal: timely(signal),
    });
    content = await response.json().catch((error) => {
      if (response.ok && !(error instanceof SyntaxError)) throw error; // it broke off on the way
      return null;
    });
  } catch {
    throw new Problem(0);
  }
  if (response.ok && content !== null) return content;
  throw new Problem(response.status, content);
}

/**
 * The same, once more where a cookie or the page's token was lost meanwhile: any page brings both.
 *
 * @template T
 * @param {Parameters<typeof request>} of
 * @returns {Promise<T>}
 */
async function send(...of) {
  try {
    return await request(...of);
  } catch (error) {
    const isLost =
      error instanceof Problem && ["cookies-needed", "page-outdated"].includes(error.kind);
    if (!isLost) throw error;
    await fetch("/", { credentials: "same-origin", cache: "no-store" }).catch(() => {});
    return request(...of);
  }
}

/**
 * A problem's sentences: what is wrong with the fields, or what is wrong at all.
 *
 * @param {ProblemDocument | null} problem
 */
function readable(problem) {
  const sentences = (problem?.errors ?? []).map(({ detail }) => detail);
  return sentences.join(" ") || problem?.detail || problem?.title || "";
}

/**
 * Opens a battle; `wishes` holds how, and what the server has asked for before. With an `image`,
 * {file, alt}, all of it goes as a form. `key` is the same each time that the same is sent.
 *
 * @param {string} prompt
 * @param {KeyedPass & Wishes} wishes
 * @returns {Promise<Battle>}
 */
export function openBattle(prompt, { image, key, ...wishes }) {
  const keyed = withKey(key);
  if (!image) return send("POST", "battles", { prompt, ...wishes }, keyed);
  const form = new FormData();
  form.append("image", image.file, "image");
  for (const [name, value] of Object.entries({ prompt, image_alt: image.alt, ...wishes })) {
    for (const each of [value ?? []].flat()) form.append(name, String(each));
  }
  return send("POST", "battles", form, keyed);
}

/**
 * With a key, a request that is sent again does nothing twice (IETF's Idempotency-Key).
 *
 * @param {string} key
 */
const withKey = (key) => ({ headers: { "Idempotency-Key": `"${key}"` } });

/**
 * @param {string} id
 * @param {string} what
 */
const at = (id, what) => `battles/${encodeURIComponent(id)}/${what}`;

/** @type {(id: string, prompt: string, pass: KeyedPass) => Promise<Battle>} */
export const continueBattle = (id, prompt, { key, ...pass }) =>
  send("POST", at(id, "turns"), { prompt, ...pass }, withKey(key));

/** @type {(id: string, pass: KeyedPass) => Promise<Battle>} */
export const regenerate = (id, { key, ...pass }) =>
  send("POST", at(id, "regenerate"), pass, withKey(key));

/** @type {(id: string) => Promise<Battle>} */
export const stopBattle = (id) => send("POST", at(id, "stop"));

/** @type {(id: string) => Promise<Battle>} */
export const getBattle = (id) => request("GET", `battles/${encodeURIComponent(id)}`);

/**
 * What is new in a battle since `cursor`; waits for it.
 *
 * @type {(id: string, cursor: string, signal: AbortSignal) => Promise<Live>}
 */
export const getNews = (id, cursor, signal) =>
  request("GET", at(id, `live?after=${encodeURIComponent(cursor)}`), undefined, { signal });

/**
 * How a leaderboard stands: `query` names it.
 *
 * @type {(slug: string, query: string, signal: AbortSignal) => Promise<Leaderboard>}
 */
export const getBoard = (slug, query, signal) =>
  request("GET", `boards/${encodeURIComponent(slug)}/leaderboard${query}`, undefined, { signal });

/** @type {(id: string, outcome: NewVote["outcome"], attention: Attention) => Promise<Battle>} */
export const castVote = (id, outcome, attention) =>
  send("POST", at(id, "vote"), { outcome, attention });

/** @type {(id: string, traits: Traits, comment: string) => Promise<unknown>} */
export const react = (id, traits, comment) =>
  send("PUT", at(id, "reaction"), { traits, comment });

/** @type {(id: string, body: Report) => Promise<unknown>} */
export const report = (id, body) => send("POST", at(id, "reports"), body);
