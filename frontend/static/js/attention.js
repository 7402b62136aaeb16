// How long and how far the answers of a battle were looked at. The page says that this is
// measured; it is sent with the vote, and is nothing but the page's own word.

/** @import { Attention as Report } from "#api" */
/** @import { Input, Side } from "#page" */

const LONGEST_MS = 86_400_000; // a day, as the API takes it

/** Adds up the time for which it runs. */
class Stopwatch {
  #total = 0;
  /** @type {number | null} */
  #since = null;

  /** @param {boolean} running */
  run(running) {
    const now = performance.now();
    if (this.#since !== null) this.#total += now - this.#since;
    this.#since = running ? now : null;
  }

  get ms() {
    if (this.#since !== null) this.run(true);
    return Math.min(Math.round(this.#total), LONGEST_MS);
  }
}

/** What is known of one answer. */
class Watched {
  inView = false;
  endInView = false;
  endSeen = false;
  visible = new Stopwatch();

  /** @param {{ body: Element, end: Element }} elements */
  constructor({ body, end }) {
    this.body = body;
    this.end = end;
  }
}

export class Attention {
  #sides;
  #observer;
  #hidden = new Stopwatch();
  #complete = new Stopwatch();
  #isComplete = false;

  /**
   * @param {Record<Side, { body: Element, end: Element }>} sides the element of each answer and
   * the one that follows it
   */
  constructor(sides) {
    this.#sides = { a: new Watched(sides.a), b: new Watched(sides.b) };
    const both = Object.values(this.#sides);
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        for (const side of both) {
          if (target === side.body) side.inView = isIntersecting;
          if (target === side.end) side.endInView = isIntersecting;
        }
      }
      this.#update();
    });
    for (const { body, end } of both) {
      this.#observer.observe(body);
      this.#observer.observe(end);
    }
    document.addEventListener("visibilitychange", this.#update);
    this.#update();
  }

  /** Both answers are complete: from now on their ends can be seen. */
  complete() {
    if (this.#isComplete) return;
    this.#isComplete = true;
    this.#complete.run(true);
    this.#update();
  }

  stop() {
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#update);
  }

  /**
   * What goes with a vote that was cast by a "key" or a "button".
   *
   * @param {Input} input
   * @returns {Report}
   */
  report(input) {
    const { a, b } = this.#sides;
    return {
      input,
      hidden_ms: this.#hidden.ms,
      decided_ms: this.#complete.ms,
      visible_a_ms: a.visible.ms,
      visible_b_ms: b.visible.ms,
      end_seen_a: a.endSeen,
      end_seen_b: b.endSeen,
    };
  }

  #update = () => {
    const shown = document.visibilityState === "visible";
    this.#hidden.run(!shown);
    for (const side of Object.values(this.#sides)) {
      side.visible.run(shown && side.inView);
      side.endSeen ||= shown && this.#isComplete && side.endInView;
    }
  };
}
