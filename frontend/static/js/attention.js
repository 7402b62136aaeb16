// How long and how far the answers of a battle were looked at. The visitor is told that this is
// measured; it is sent with the vote, and is nothing but the page's own word.

const LONGEST_MS = 86_400_000; // a day, as the API takes it

/** Adds up the time for which it runs. */
class Stopwatch {
  #total = 0;
  #since = null;

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

export class Attention {
  #sides;
  #observer;
  #hidden = new Stopwatch();
  #complete = new Stopwatch();
  #isComplete = false;

  /** sides: for each name, {body, end}: the element of an answer and the one that follows it. */
  constructor(sides) {
    this.#sides = Object.entries(sides).map(([name, { body, end }]) => ({
      name,
      body,
      end,
      inView: false,
      endInView: false,
      endSeen: false,
      visible: new Stopwatch(),
    }));
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        for (const side of this.#sides) {
          if (target === side.body) side.inView = isIntersecting;
          if (target === side.end) side.endInView = isIntersecting;
        }
      }
      this.#update();
    });
    for (const { body, end } of this.#sides) {
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

  /** What goes with a vote that was cast by a "key" or a "button". */
  report(input) {
    const report = { input, hidden_ms: this.#hidden.ms, decided_ms: this.#complete.ms };
    for (const { name, visible, endSeen } of this.#sides) {
      report[`visible_${name}_ms`] = visible.ms;
      report[`end_seen_${name}`] = endSeen;
    }
    return report;
  }

  #update = () => {
    const shown = document.visibilityState === "visible";
    this.#hidden.run(!shown);
    for (const side of this.#sides) {
      side.visible.run(shown && side.inView);
      side.endSeen ||= shown && this.#isComplete && side.endInView;
    }
  };
}
