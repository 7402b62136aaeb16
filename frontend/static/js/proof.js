// ALTCHA's proof of work (version 2, PBKDF2): finds the counter whose derived key begins as asked.
/** @import { Challenge } from "#page" */

const AT_ONCE = 16; // the browser derives them beside the page, on threads of its own

/** Whether this browser can do it at all: only pages from https or this machine may. */
export const isPossible = () => crypto.subtle !== undefined;

/**
 * The payload that solves `challenge`, in base64; null if `signal` ends the work before.
 *
 * @param {Challenge} challenge
 * @param {AbortSignal} signal
 * @param {(tried: number) => void} onProgress gets how many counters were tried so far
 */
export async function solve(challenge, signal, onProgress) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  /** @type {Promise<null>} */
  const aborted = new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  for (let first = 0; ; first += AT_ONCE) {
    const counters = Array.from({ length: AT_ONCE }, (_, place) => first + place);
    const deriving = counters.map((counter) =>
      derive(fromHex(nonce), counter, fromHex(salt), cost, keyLength),
    );
    const keys = await Promise.race([Promise.all(deriving), aborted]);
    if (keys === null) return null;
    const place = keys.findIndex((key) => key.startsWith(keyPrefix));
    if (place >= 0) {
      const solution = { counter: counters[place], derivedKey: keys[place] };
      return btoa(JSON.stringify({ challenge, solution }));
    }
    onProgress(first + AT_ONCE);
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} nonce
 * @param {number} counter
 * @param {Uint8Array<ArrayBuffer>} salt
 * @param {number} iterations
 * @param {number} length in bytes
 * @returns the key in hexadecimal digits
 */
async function derive(nonce, counter, salt, iterations, length) {
  const password = new Uint8Array(nonce.length + 4);
  password.set(nonce);
  new DataView(password.buffer).setUint32(nonce.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return toHex(new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * length)));
}

/** @param {string} text */
function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array} bytes */
function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
