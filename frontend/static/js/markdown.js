// Markdown of strangers, rendered safely while it arrives.
//
// Model output is hostile input: the parser passes on no HTML but a few elements without
// attributes, DOMPurify lets through only the elements of a text, images become links (an image of
// another host would tell it of the visitor), and nothing is ever assigned to innerHTML.
/** @import { Labels } from "#page" */
/** @import { Env } from "../vendor/markdown-it.js" */
/** @import { Piece } from "./markdown/pieces.js" */
import DOMPurify from "../vendor/dompurify.js";
import { frameCode } from "./markdown/code.js";
import { mainDirection, setDirections } from "./markdown/direction.js";
import { typeset } from "./markdown/formulas.js";
import { breakLongWords } from "./markdown/long_words.js";
import { whenNear } from "./markdown/near.js";
import { markdown } from "./markdown/parser.js";
import { costOf, nextPiece } from "./markdown/pieces.js";
import { findAll } from "./shared/elements.js";

const SHARE_OF_TIME = 0.2; // of the main thread that rendering of one answer may take
const AT_ONCE = 330_000; // the cost of what is rendered before the reader has to get near

const TEXT_ONLY = {
  ALLOWED_TAGS:
    "a abbr b blockquote br cite code del details dfn em h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td th thead tr u ul var wbr".split(
      " ",
    ),
  ALLOWED_ATTR: ["align", "class", "href", "open", "start", "title"],
  ALLOWED_URI_REGEXP: /^(https?:|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["align", "start"], // no addresses
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * A DOM fragment of sanitised HTML.
 *
 * @param {string} html
 */
function clean(html) {
  const fragment = DOMPurify.sanitize(html, TEXT_ONLY);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "nofollow noopener noreferrer";
  }
  return fragment;
}

/** An answer as it grows inside `container`. */
export class MarkdownStream {
  #container;
  #labels;
  #text = "";
  #settled = 0; // characters of the text whose blocks can no longer change
  /** @type {Piece} */
  #piece = { end: 0, lead: "", joins: false }; // the last one that was rendered
  #references = {};
  /** @type {ChildNode[]} */
  #tail = []; // the nodes of the block that still grows
  /** @type {HTMLElement | null} */
  #more = null; // stands for what is rendered when the reader gets near
  #allowance = AT_ONCE;
  #typeset = 0; // characters of TeX
  #hasDirection = false;
  #scheduled = false;
  #notBefore = 0;
  #finished = false;
  #closed = false;

  /**
   * @param {HTMLElement} container
   * @param {Labels} labels
   */
  constructor(container, labels) {
    this.#container = container;
    this.#labels = labels;
  }

  get text() {
    return this.#text;
  }

  /** @param {string} text */
  append(text) {
    this.#text += text;
    this.#schedule();
  }

  /**
   * Starts over with `text`; does nothing if that is what is shown already.
   *
   * @param {string} text
   */
  replace(text) {
    if (text === this.#text) return;
    if (text.startsWith(this.#text)) {
      this.append(text.slice(this.#text.length));
      return;
    }
    this.#text = "";
    this.#finished = false;
    this.#references = {};
    this.#restart();
    this.append(text);
  }

  /** The text is complete: renders what is left at once. */
  finish() {
    if (this.#finished) return;
    this.#finished = true;
    // A link may have been used before the line that says where it leads.
    const definitions = definitionsIn(this.#text);
    if (definitions) {
      const env = { references: {} };
      markdown.parse(definitions, env);
      this.#references = env.references;
      this.#restart();
    }
    this.#render();
  }

  /** Leaves the container to another stream. */
  close() {
    this.#finished = true;
    this.#closed = true;
  }

  #restart() {
    this.#settled = 0;
    this.#piece = { end: 0, lead: "", joins: false };
    this.#tail = [];
    this.#more = null;
    this.#allowance = AT_ONCE;
    this.#typeset = 0;
    this.#hasDirection = false;
    this.#container.dir = "auto";
    this.#container.replaceChildren();
  }

  #schedule() {
    if (this.#scheduled || this.#finished) return;
    this.#scheduled = true;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) setTimeout(() => requestAnimationFrame(this.#frame), wait);
    else requestAnimationFrame(this.#frame);
  }

  #frame = () => {
    this.#scheduled = false;
    if (this.#finished) return;
    const started = performance.now();
    this.#render();
    const spent = performance.now() - started;
    this.#notBefore = started + spent / SHARE_OF_TIME;
  };

  /** Renders only what follows the settled pieces, and settles what can be settled. */
  #render() {
    for (const node of this.#tail) node.remove();
    this.#tail = [];
    while (this.#allowance > 0 && this.#settled < this.#text.length) {
      const piece = nextPiece(this.#text, this.#settled, this.#piece.lead, this.#finished);
      if (!piece) break;
      this.#settle(piece);
    }
    if (this.#settled === this.#text.length) return;
    if (this.#allowance > 0) this.#showTail();
    else this.#awaitReader();
  }

  /** @param {Piece} piece */
  #settle(piece) {
    const text = this.#text.slice(this.#settled, piece.end);
    // Definitions of links hold for the whole answer, so they are carried along.
    const env = { references: this.#references };
    this.#show(this.#piece.lead + text, env, true);
    this.#references = env.references;
    this.#settled = piece.end;
    this.#piece = piece;
    this.#allowance -= costOf(text);
  }

  #showTail() {
    // The start of a list item, "-", would for a moment make a heading of the line before.
    const rest = this.#text.slice(this.#settled).replace(/\n[ \t]*[-=]+[ \t]*$/, "\n");
    const env = { references: { ...this.#references }, growing: true };
    this.#tail = this.#show(this.#piece.lead + rest, env, false);
  }

  #awaitReader() {
    if (this.#more) return;
    this.#more = document.createElement("p");
    this.#more.className = "more";
    this.#more.textContent = "…";
    this.#container.append(this.#more);
    whenNear(this.#more, () => {
      this.#more?.remove();
      this.#more = null;
      if (this.#closed) return;
      this.#allowance = AT_ONCE;
      this.#render();
    });
  }

  /**
   * @param {string} source
   * @param {Env} env
   * @param {boolean} settled
   */
  #show(source, env, settled) {
    const fragment = clean(markdown.render(source, env));
    if (!this.#hasDirection) {
      const direction = mainDirection(fragment);
      if (direction) this.#container.dir = direction;
      this.#hasDirection = settled && direction !== "";
    }
    setDirections(fragment, this.#container);
    for (const table of fragment.querySelectorAll("table")) {
      const scroller = document.createElement("div");
      scroller.className = "table-scroll";
      scroller.tabIndex = 0;
      if (table.dir) scroller.dir = table.dir;
      table.replaceWith(scroller);
      scroller.append(table);
    }
    for (const code of findAll(fragment, "pre > code")) {
      frameCode(code, this.#labels, settled);
    }
    breakLongWords(fragment);
    const nodes = [...fragment.childNodes];
    const formulas = findAll(fragment, ".math");
    if (settled && this.#piece.joins) this.#join(fragment.firstElementChild);
    this.#container.append(fragment);
    const length = typeset(formulas, this.#typeset);
    if (settled) this.#typeset = length;
    return nodes;
  }

  /**
   * A list that was cut goes on where it ended.
   *
   * @param {Element | null} list
   */
  #join(list) {
    const before = this.#container.lastElementChild;
    if (!list || !before || list.localName !== before.localName) return;
    before.append(...list.childNodes);
    list.remove();
  }
}

/**
 * The lines of `text`, outside of its code, that say where links lead.
 *
 * @param {string} text
 */
function definitionsIn(text) {
  const lines = [];
  let fence = "";
  for (const [line, mark] of text.matchAll(/^ {0,3}(?:(```|~~~)|\[[^\]\n]{1,200}\]:).*(?:\n|$)/gm)) {
    if (!mark) {
      if (!fence) lines.push(line.trim());
    } else if (!fence) fence = mark;
    else if (fence === mark) fence = "";
  }
  return lines.slice(0, 300).join("\n\n");
}
