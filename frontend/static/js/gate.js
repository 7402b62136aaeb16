// What the server asks before it opens a battle: consent, a second look at personal data, work.
/** @import { Find, Pass, ProblemDocument } from "#page" */
import { Problem } from "./api.js";
import { texts } from "./messages.js";
import { isPossible, solve } from "./proof.js";
import { byId } from "./shared/elements.js";

const SHOW_AFTER_MS = 400; // a short sum needs no words
const dialog = byId("gate", HTMLDialogElement);
const message = texts("gate-messages");
/**
 * The version agreed to on this page, which the server knows once a battle opens.
 *
 * @type {string | undefined}
 */
let consent;

/** The visitor went back; `finds` are what they may want to change. */
export class Withdrawn extends Error {
  /** @param {Find[]} [finds] */
  constructor(finds = []) {
    super("withdrawn");
    this.finds = finds;
  }
}

/**
 * Does `open` with what it takes to pass, asking the visitor for one thing after the other.
 *
 * Throws Withdrawn if they would rather not, and whatever else `open` throws.
 *
 * @template T
 * @param {(pass: Pass) => Promise<T>} open
 * @returns {Promise<T>}
 */
export async function passing(open) {
  /** @type {Pass} */
  const pass = { consent };
  for (;;) {
    try {
      return await open(pass);
    } catch (error) {
      if (!(error instanceof Problem) || error.document === null) throw error;
      const ask = asked[error.kind];
      if (ask === undefined) throw error;
      await ask(error.document, pass);
    }
  }
}

/**
 * What to do about a problem, by its kind.
 *
 * @type {Record<string, (problem: ProblemDocument, pass: Pass) => Promise<void>>}
 */
const asked = {
  "consent-required": async ({ version, points = [] }, pass) => {
    show("consent", points);
    if (!(await answer())) throw new Withdrawn();
    pass.consent = consent = version;
  },

  "personal-data": async ({ finds = [] }, pass) => {
    show("personal", finds.map(({ kind, text }) => [`${message(kind)}: `, marked(text)]));
    if (!(await answer())) throw new Withdrawn(finds);
    pass.personal_data = "confirmed";
  },

  "proof-required": async ({ challenge, tries }, pass) => {
    if (!challenge || !isPossible()) throw new Problem(403, { detail: message("proofImpossible") });
    const work = new AbortController();
    const progress = byId("gate-progress", HTMLProgressElement);
    progress.max = tries ?? 1;
    progress.removeAttribute("value");
    const timer = setTimeout(async () => {
      show("proof", []);
      if (!(await answer())) work.abort();
    }, SHOW_AFTER_MS);
    const proof = await solve(challenge, work.signal, (tried) => {
      progress.value = tried;
    });
    clearTimeout(timer);
    if (proof === null) throw new Withdrawn();
    dialog.close("go");
    pass.proof = proof;
  },
};

/**
 * Opens the dialog; the button that loses nothing has the focus and comes first to the eye.
 *
 * @param {"consent" | "personal" | "proof"} kind
 * @param {Array<string | Array<string | Node>>} points
 */
function show(kind, points) {
  byId("gate-title").textContent = message(`${kind}Title`);
  byId("gate-text").textContent = message(`${kind}Text`);
  byId("gate-points").replaceChildren(
    ...points.map((point) => {
      const item = document.createElement("li");
      item.append(...[point].flat());
      return item;
    }),
  );
  byId("gate-points").hidden = points.length === 0;
  byId("gate-progress").hidden = kind !== "proof";
  const [go, back] = [byId("gate-go"), byId("gate-back")];
  go.hidden = kind === "proof";
  if (!go.hidden) go.textContent = message(`${kind}Go`);
  back.textContent = message(`${kind}Back`);
  const main = kind === "consent" ? go : back;
  go.classList.toggle("primary", main === go);
  back.classList.toggle("primary", main === back && kind !== "proof");
  dialog.returnValue = "";
  dialog.showModal();
  main.focus();
}

/**
 * Whether the visitor goes on; Escape is no.
 *
 * @returns {Promise<boolean>}
 */
function answer() {
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "go"), { once: true });
  });
}

/** @param {string} text */
function marked(text) {
  const mark = document.createElement("mark");
  mark.textContent = text;
  return mark;
}
