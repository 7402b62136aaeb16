// Live updates: by a WebSocket that comes back by itself, and by requests where none gets through.
//
// Proxies of companies, schools and hotels block WebSockets in every way there is: they refuse the
// handshake, let it hang, accept it and close at once, or accept it and pass nothing on. So a socket
// counts only once it has delivered something; until then the page asks by ordinary requests. It
// goes on trying the socket, ever more rarely, and stops asking as soon as one delivers.

import { Problem } from "./api.js";

/**
 * What a page does with its news. `up` is called when news arrive, by requests if `polling`, for
 * the server refuses further sockets if `full`; `down` when none do; `missing` if the server knows
 * no such thing.
 *
 * @template Frame
 * @typedef {object} Handlers
 * @property {(frame: Frame) => void} message
 * @property {(how: { polling: boolean, full: boolean }) => void} [up]
 * @property {() => void} [down]
 * @property {() => void} [missing]
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const LONGEST_WAIT_POLLING_MS = 60_000; // what comes by requests is current, so that it can wait
const STEADY_MS = 5_000;
const PATIENCE_MS = 3_000; // for a first message, before the page asks by itself
const HANDSHAKE_MS = 10_000; // one that takes longer hangs
const FAILURES = 2; // in a row, before the page asks by itself
// Codes of closing, as in arena/common/consumers.py.
const NOT_HERE = 4404;
const TOO_MANY = 4429;

/** @template Frame */
export class LiveSocket {
  #path;
  #handlers;
  #silentMs;
  #poll;
  #pauseMs;
  /** @type {WebSocket | null} */
  #socket = null;
  #retryTimer = 0;
  #silenceTimer = 0;
  #patienceTimer = 0;
  #failures = 0;
  #heardAt = 0; // when this socket delivered first
  #isFull = false; // the server has no room for one more socket of ours
  /** @type {AbortController | null} */
  #polling = null; // null unless the page asks by requests
  #closed = false;

  /**
   * Connects to `path` on this host.
   *
   * A connection on which nothing came for `silentMs` is dead, however open it looks. `poll` asks
   * for news once, by requests, and throws a Problem if that fails; it is called again `pauseMs`
   * after it is done.
   *
   * @param {string} path
   * @param {Handlers<Frame>} handlers
   * @param {object} options
   * @param {(signal: AbortSignal) => Promise<void>} options.poll
   * @param {number} [options.silentMs]
   * @param {number} [options.pauseMs]
   */
  constructor(path, handlers, { poll, silentMs = 25_000, pauseMs = 10_000 }) {
    this.#path = path;
    this.#handlers = handlers;
    this.#poll = poll;
    this.#silentMs = silentMs;
    this.#pauseMs = pauseMs;
    addEventListener("online", this.#retryNow);
    addEventListener("offline", this.#drop);
    this.#patienceTimer = setTimeout(() => this.#startPolling(), PATIENCE_MS);
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#stopPolling();
    removeEventListener("online", this.#retryNow);
    removeEventListener("offline", this.#drop);
    this.#socket?.close();
  }

  #connect() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    let socket;
    try {
      socket = new WebSocket(url);
    } catch {
      this.#startPolling(); // WebSockets are switched off in this browser
      return;
    }
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (this.#closed || socket !== this.#socket) return;
      this.#hear();
      this.#handlers.message(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    this.#listen(HANDSHAKE_MS);
  }

  /** @param {number} milliseconds */
  #listen(milliseconds) {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#lost(0), milliseconds);
  }

  #hear() {
    this.#listen(this.#silentMs);
    if (this.#heardAt) return;
    this.#heardAt = performance.now();
    this.#isFull = false;
    this.#stopPolling();
    this.#handlers.up?.({ polling: false, full: false });
  }

  /** @param {number} code of closing; 0 if it was not closed by the other side */
  #lost(code) {
    if (this.#closed) return;
    if (code === NOT_HERE) {
      this.#isGone();
      return;
    }
    clearTimeout(this.#silenceTimer);
    const dead = this.#socket;
    this.#socket = null;
    dead?.close();
    // A server that accepts and drops at once must not be asked without a pause.
    if (this.#heardAt && performance.now() - this.#heardAt > STEADY_MS) this.#failures = 0;
    this.#heardAt = 0;
    this.#isFull = code === TOO_MANY;
    if (!this.#polling) this.#handlers.down?.();
    this.#failures += 1;
    if (this.#isFull || this.#failures >= FAILURES) this.#startPolling();
    const longest = this.#polling ? LONGEST_WAIT_POLLING_MS : LONGEST_WAIT_MS;
    this.#retryTimer = setTimeout(() => this.#connect(), waitBefore(this.#failures - 1, longest));
  }

  #isGone() {
    this.close();
    this.#handlers.missing?.();
  }

  // ---- by requests ----

  #startPolling() {
    clearTimeout(this.#patienceTimer);
    if (this.#closed || this.#polling) return;
    this.#polling = new AbortController();
    this.#askAgainAndAgain(this.#polling.signal);
  }

  #stopPolling() {
    clearTimeout(this.#patienceTimer);
    this.#polling?.abort();
    this.#polling = null;
  }

  /** @param {AbortSignal} signal */
  async #askAgainAndAgain(signal) {
    let failures = 0;
    while (!signal.aborted) {
      let pause = this.#pauseMs;
      try {
        await this.#poll(signal);
        failures = 0;
        if (!signal.aborted) this.#handlers.up?.({ polling: true, full: this.#isFull });
      } catch (error) {
        if (signal.aborted) return;
        const problem = error instanceof Problem ? error : null;
        if (problem?.status === 404) {
          this.#isGone();
          return;
        }
        pause = problem?.wait ? 1000 * problem.wait : waitBefore(failures++, LONGEST_WAIT_MS);
        this.#handlers.down?.();
      }
      await until(pause, signal);
    }
  }

  /** A network that is gone closes no socket: it would stay silent for minutes. */
  #drop = () => {
    if (this.#socket) this.#lost(0);
  };

  #retryNow = () => {
    if (this.#socket) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  };
}

/**
 * Milliseconds to wait after so many failures: doubling, and spread so that clients part.
 *
 * @param {number} failures
 * @param {number} longest
 */
function waitBefore(failures, longest) {
  return Math.min(longest, FIRST_WAIT_MS * 2 ** failures) * (0.5 + Math.random() / 2);
}

/**
 * Waits for some time, or until `signal` is aborted.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function until(milliseconds, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
