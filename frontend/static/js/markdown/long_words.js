// Text that browsers are slow to lay out: words of thousands of letters, and thousands of marks on
// one letter. Long words get places to break; marks beyond what any language writes are left out
// of sight. The text itself stays as it is.

const WORD = 80; // characters; a longer one gets places to break
const STEP = 40;
const BLANKLESS_WORD = 800; // the same where sentences have no blanks
const MARKS = 30; // on one letter: the Stream-Safe Text Format of UAX #15

const BREAKABLE = "\\s\\u00ad\\u200b\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\u3000-\\u303f\\uff00-\\uff60";
const BLANKLESS = "\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\p{sc=Tibetan}";
const LONG = new RegExp(
  `[${BLANKLESS}]{${BLANKLESS_WORD},}|[^${BREAKABLE}${BLANKLESS}]{${WORD},}`,
  "gu",
);
const CROWDED = new RegExp(`(?<=\\p{M}{${MARKS}})\\p{M}+`, "gu");
const SUSPECT = new RegExp(`\\S{${WORD}}|\\p{M}{${MARKS}}`, "u");

/** @type {Intl.Segmenter | null} */
let graphemes = null;

/**
 * Breaks the long words within `root`.
 *
 * @param {Node} root
 */
export function breakLongWords(root) {
  /** @type {Text[]} */
  const texts = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = /** @type {Text} */ (walker.currentNode);
    const { data, parentElement } = text;
    if (data.length >= MARKS && SUSPECT.test(data) && !parentElement?.closest(".math, svg")) {
      texts.push(text);
    }
  }
  for (const text of texts) text.replaceWith(...broken(text.data));
}

/** @param {string} text */
function broken(text) {
  /** @type {Array<string | Node>} */
  const nodes = [];
  let from = 0;
  for (const crowd of text.matchAll(CROWDED)) {
    nodes.push(...withBreaks(text.slice(from, crowd.index)), outOfSight(crowd[0]));
    from = crowd.index + crowd[0].length;
  }
  nodes.push(...withBreaks(text.slice(from)));
  return nodes;
}

/** @param {string} marks */
function outOfSight(marks) {
  const span = document.createElement("span");
  span.hidden = true;
  span.textContent = marks;
  return span;
}

/** @param {string} text */
function withBreaks(text) {
  /** @type {Array<string | Node>} */
  const nodes = [];
  let from = 0;
  /** @param {number} to */
  const cut = (to) => {
    if (to <= from) return;
    if (nodes.length) nodes.push(document.createElement("wbr"));
    nodes.push(text.slice(from, to));
    from = to;
  };
  for (const word of text.matchAll(LONG)) {
    for (const at of steps(word[0])) cut(word.index + at);
  }
  cut(text.length);
  return nodes;
}

/**
 * Where a long word may break: every few characters, not within what is read as one.
 *
 * @param {string} word
 */
function* steps(word) {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  let last = 0;
  for (const { index } of graphemes.segment(word)) {
    // One "character" of hundreds of code points is broken all the same.
    for (; index - last >= 4 * STEP; last += STEP) yield last + STEP;
    if (index - last < STEP) continue;
    yield index;
    last = index;
  }
}
