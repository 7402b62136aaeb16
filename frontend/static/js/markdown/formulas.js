// Formulas typeset by KaTeX, which is loaded when the first one is seen.
//
// The elements hold the source; what KaTeX cannot read keeps it. Typesetting is dear, so the first
// formulas of an answer come at once and all others when the reader gets near them.
import { whenNear } from "./near.js";
import { texOf } from "./mathematics.js";

const AT_ONCE = 800; // characters of TeX, of each answer
const PER_FRAME = 250;

/** @import { KatexOptions } from "katex" */

/** @type {KatexOptions} */
const OPTIONS = {
  throwOnError: true,
  strict: "ignore",
  maxSize: 20, // em
  maxExpand: 300,
  // Links, images and attributes: a formula with any of them stays source.
  trust: () => {
    throw new Error("not in an answer");
  },
};

// KaTeX bounds sizes by maxSize, but not those below zero.
const FAR_BELOW =
  /(?:[{[]|\\[hm]?kern|\\[hm]skip)\s*-\s*\d{3}[\d.]*\s*(?:em|ex|mu|pt|pc|px|cm|mm|in|bp|dd|cc|nd|nc|sp)/;

/** @import Katex from "../../vendor/katex/katex.js" */
/** @import { DrawnNode } from "../../vendor/katex/katex.js" */

/** @type {typeof Katex | null} */
let katex = null;
let loading = false;
/**
 * Elements to typeset, the first first.
 *
 * @type {HTMLElement[]}
 */
const waiting = [];

/**
 * Typesets formulas of an answer; `done` and the result are the characters of TeX it has had.
 *
 * @param {HTMLElement[]} elements
 * @param {number} done
 */
export function typeset(elements, done) {
  let length = done;
  for (const element of elements) {
    length += element.textContent.length;
    if (length > AT_ONCE) whenNear(element, () => enqueue(element));
    else if (katex) show(element);
    else enqueue(element);
  }
  return length;
}

/** @param {HTMLElement} element */
function enqueue(element) {
  waiting.push(element);
  if (katex) {
    if (waiting.length === 1) requestAnimationFrame(work);
    return;
  }
  if (loading) return;
  loading = true;
  import("../../vendor/katex/katex.js").then((module) => {
    katex = module.default;
    work();
  });
}

/** As many formulas as a frame allows. */
function work() {
  let length = 0;
  while (waiting.length && length < PER_FRAME) {
    const element = waiting.shift();
    if (!element?.isConnected) continue;
    length += element.textContent.length;
    show(element);
  }
  if (waiting.length) requestAnimationFrame(work);
}

/** @param {HTMLElement} element */
function show(element) {
  if (!katex) return;
  const tex = texOf(element.textContent);
  element.dataset.typeset = "no";
  if (!tex.trim() || FAR_BELOW.test(tex)) return;
  try {
    const displayMode = element.classList.contains("display");
    const tree = katex.__renderToDomTree(tex, { ...OPTIONS, displayMode });
    moveStyles(tree);
    element.replaceChildren(tree.toNode());
    element.dataset.typeset = "yes";
  } catch {
    // Not TeX, or too much of it: the source stays.
  }
}

/**
 * Style attributes are closed to this site; styles set by a script are not.
 *
 * @param {DrawnNode} node
 */
function moveStyles(node) {
  const { attributes } = node;
  const style = attributes?.style;
  if (style) {
    delete attributes.style;
    const draw = node.toNode;
    node.toNode = () => {
      const drawn = draw.call(node);
      drawn.style.cssText = style;
      return drawn;
    };
  }
  for (const child of node.children ?? []) moveStyles(child);
}
