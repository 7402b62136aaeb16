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
  #failures = 0;
  #opened = 0;
  #closed = false;

  /**
   * Connects to `path` on this host.
   * handlers: message(object), up(), down(), and missing() if the server knows no such thing.
   */
  constructor(path, handlers) {
    this.#path = path;
    this.#handlers = handlers;
    addEventListener("online", this.#retryNow);
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#retryNow);
    this.#socket.close();
  }

  #connect() {
    const url = new URL(this.#path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (this.#closed) return;
      this.#opened = performance.now();
      this.#handlers.up?.();
    });
    socket.addEventListener("message", (event) => {
      if (!this.#closed) this.#handlers.message(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => {
      if (this.#closed || socket !== this.#socket) return;
      if (event.code === NOT_HERE) {
        this.close();
        this.#handlers.missing?.();
        return;
      }
      // A server that accepts and drops at once must not be asked without a pause.
      if (this.#opened && performance.now() - this.#opened > STEADY_MS) this.#failures = 0;
      this.#opened = 0;
      this.#handlers.down?.();
      this.#timer = setTimeout(() => this.#connect(), waitBefore(this.#failures++));
    });
  }

  #retryNow = () => {
    if (this.#socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.#connect();
  };
}

/** Milliseconds to wait after so many failures: doubling, and spread so that clients part. */
function waitBefore(failures) {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return longest * (0.5 + Math.random() / 2);
}
