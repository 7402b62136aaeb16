// A WebSocket that comes back by itself, with exponential back-off and jitter.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const STEADY_MS = 5_000;
const NOT_HERE = 4404;

export class LiveSocket {
  #path;
  #handlers;
  #socket = null;
  #timer = 0;
  #silence = 0;
  #silentMs;
  #failures = 0;
  #opened = 0;
  #closed = false;

  /**
   * Connects to `path` on this host.
   * handlers: message(object), up(), down(), and missing() if the server knows no such thing.
   * A connection on which nothing came for `silentMs` is dead, however open it looks.
   */
  constructor(path, handlers, { silentMs = 0 } = {}) {
    this.#path = path;
    this.#handlers = handlers;
    this.#silentMs = silentMs;
    addEventListener("online", this.#retryNow);
    addEventListener("offline", this.#drop);
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    removeEventListener("online", this.#retryNow);
    removeEventListener("offline", this.#drop);
    this.#socket?.close();
  }

  #connect() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (this.#closed) return;
      this.#opened = performance.now();
      this.#listen();
      this.#handlers.up?.();
    });
    socket.addEventListener("message", (event) => {
      if (this.#closed || socket !== this.#socket) return;
      this.#listen();
      this.#handlers.message(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    });
    this.#listen();
  }

  #listen() {
    clearTimeout(this.#silence);
    if (this.#silentMs) this.#silence = setTimeout(() => this.#lost(0), this.#silentMs);
  }

  #lost(code) {
    if (this.#closed) return;
    if (code === NOT_HERE) {
      this.close();
      this.#handlers.missing?.();
      return;
    }
    clearTimeout(this.#silence);
    const dead = this.#socket;
    this.#socket = null;
    dead.close();
    // A server that accepts and drops at once must not be asked without a pause.
    if (this.#opened && performance.now() - this.#opened > STEADY_MS) this.#failures = 0;
    this.#opened = 0;
    this.#handlers.down?.();
    this.#timer = setTimeout(() => this.#connect(), waitBefore(this.#failures++));
  }

  /** A network that is gone closes no socket: it would stay silent for minutes. */
  #drop = () => {
    if (this.#socket) this.#lost(0);
  };

  #retryNow = () => {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  };
}

/** Milliseconds to wait after so many failures: doubling, and spread so that clients part. */
function waitBefore(failures) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
