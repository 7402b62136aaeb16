// The site's JSON API. Errors arrive as RFC 9457 problems.

/**
 * A request that did not succeed: `status` 0 means that the server was not reached, `kind` is what
 * the arena calls it, `document` is the whole problem.
 */
export class Problem extends Error {
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

async function request(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") {
    if (!(body instanceof FormData)) headers["Content-Type"] = "application/json";
    headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
  }
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      headers,
      body: body instanceof FormData ? body : body && JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Problem(0);
  }
  const content = await response.json().catch(() => null);
  if (response.ok && content !== null) return content;
  throw new Problem(response.status, content);
}

/** A problem's sentences: what is wrong with the fields, or what is wrong at all. */
function readable(problem) {
  const sentences = (problem?.errors ?? []).map(({ detail }) => detail);
  return sentences.join(" ") || problem?.detail || problem?.title || "";
}

/**
 * Opens a battle; `wishes` holds how, and what the server has asked for before. With an `image`,
 * {file, alt}, all of it goes as a form.
 */
export function openBattle(prompt, { image, ...wishes }) {
  if (!image) return request("POST", "battles", { prompt, ...wishes });
  const form = new FormData();
  form.append("image", image.file, "image");
  for (const [name, value] of Object.entries({ prompt, image_alt: image.alt, ...wishes })) {
    for (const each of [value ?? []].flat()) form.append(name, each);
  }
  return request("POST", "battles", form);
}
const at = (id, what) => `battles/${encodeURIComponent(id)}/${what}`;
export const continueBattle = (id, prompt, pass) => request("POST", at(id, "turns"), { prompt, ...pass });
export const regenerate = (id, pass) => request("POST", at(id, "regenerate"), pass);
export const stopBattle = (id) => request("POST", at(id, "stop"));
export const getBattle = (id) => request("GET", `battles/${encodeURIComponent(id)}`);
export const castVote = (id, outcome, attention) =>
  request("POST", at(id, "vote"), { outcome, attention });
export const react = (id, traits, comment) =>
  request("PUT", at(id, "reaction"), { traits, comment });
export const report = (id, told) => request("POST", at(id, "reports"), told);
