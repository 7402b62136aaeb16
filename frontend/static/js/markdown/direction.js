// The direction of each block of an answer, by its own words.
//
// A block is right to left if at least 40% of its words are: the rule of Google's Closure Library
// (goog.i18n.bidi.estimateDirection). The first strong letter alone, as dir="auto" takes it, turns
// an Arabic sentence that begins with the name of a program. Code, formulas and addresses have no
// say: they are left to right wherever they stand.

import { findAll } from "../shared/elements.js";

const RTL_SHARE = 0.4;
const ENOUGH = 2_000; // characters
const RTL = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}";
const ANY_RTL = new RegExp(`[${RTL}]`, "u");
const RTL_LETTER = new RegExp(`^(?=\\p{L})[${RTL}]`, "u");
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, li, ul, ol, blockquote, table, th, td, details, summary";
const NOT_PROSE = "pre, code, kbd, samp, .math, a[dir]";
const LISTS = "ul, ol";

/**
 * "rtl", "ltr", or "" where there are no words.
 *
 * @param {string} text
 */
export function directionOf(text) {
  let rtl = 0;
  let all = 0;
  for (const [word] of text.slice(0, ENOUGH).matchAll(/\p{L}[\p{L}\p{M}]*/gu)) {
    all += 1;
    if (RTL_LETTER.test(word)) rtl += 1;
  }
  if (all === 0) return "";
  return rtl >= RTL_SHARE * all ? "rtl" : "ltr";
}

/**
 * Sets the directions of the blocks in `fragment`, whose main direction is that of `container`.
 *
 * @param {DocumentFragment} fragment
 * @param {HTMLElement} container
 */
export function setDirections(fragment, container) {
  for (const link of findAll(fragment, "a")) {
    if (/^(?:https?:\/\/|mailto:)\S+$/.test(link.textContent)) link.dir = "ltr";
  }
  for (const top of fragment.children) {
    if (container.dir !== "rtl" && !ANY_RTL.test(top.textContent)) continue;
    for (const block of [top, ...top.querySelectorAll(BLOCKS)]) {
      if (!(block instanceof HTMLElement)) continue;
      const direction = block.matches(BLOCKS) && directionOf(prose(block, !block.matches("li")));
      if (direction) block.dir = direction;
    }
  }
}

/**
 * The direction of the first block that has words, or "".
 *
 * @param {DocumentFragment} fragment
 */
export function mainDirection(fragment) {
  for (const top of fragment.children) {
    const direction = top.matches(NOT_PROSE) ? "" : directionOf(prose(top, true));
    if (direction) return direction;
  }
  return "";
}

/**
 * The words of a block, and of the lists in it only if asked for.
 *
 * @param {Element} block
 * @param {boolean} withLists
 */
function prose(block, withLists) {
  let text = "";
  const skipped = withLists ? NOT_PROSE : `${NOT_PROSE}, ${LISTS}`;
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
    acceptNode(node) {
      if (!(node instanceof Element)) return NodeFilter.FILTER_ACCEPT;
      return node.matches(skipped) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    },
  });
  while (text.length < ENOUGH && walker.nextNode()) text += `${walker.currentNode.nodeValue} `;
  return text;
}
