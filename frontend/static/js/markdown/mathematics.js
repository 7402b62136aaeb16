// Where mathematics stands in an answer: \(…\), \[…\], $…$, $$…$$ and \begin{align}…\end{align}.
//
// The tokens keep the source with its delimiters: formulas.js typesets it, and what KaTeX cannot
// read stays as it is. Prices are not mathematics.

/** @import { MarkdownIt, StateBlock, StateInline } from "../../vendor/markdown-it.js" */

const LONGEST_INLINE = 2_000;
export const LONGEST_BLOCK = 6_000;
const ENVIRONMENT =
  /^\\begin\{((?:equation|align|alignat|gather|split|aligned|gathered|cases|array|[pbBvV]?matrix|CD)\*?)\}/;
// What only mathematics has: a command, a subscript, a power, an equation, braces.
const TEX = /\\[a-zA-Z]|[\^_={}]/;
const WORD = /(?<![\\\p{L}])(?:\p{Lu}?\p{Ll}{2}|\p{Lu}{5})/u;
const OTHER_SCRIPT = /[^\P{L}\p{sc=Latin}\p{sc=Greek}]/u;

/** @param {MarkdownIt} markdown */
export function useMathematics(markdown) {
  markdown.inline.ruler.before("escape", "math", inline);
  markdown.block.ruler.before("blockquote", "math_block", block, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
  const { escapeHtml } = markdown.utils;
  markdown.renderer.rules.math = (tokens, index) => {
    const { content, meta } = tokens[index];
    return `<span class="math${meta?.display ? " display" : ""}">${escapeHtml(content)}</span>`;
  };
  markdown.renderer.rules.math_block = (tokens, index) =>
    `<p class="math display">${escapeHtml(tokens[index].content)}</p>\n`;
  // One that is still being written.
  markdown.renderer.rules.math_open = (tokens, index) =>
    `<p class="source">${escapeHtml(tokens[index].content)}</p>\n`;
}

const DELIMITERS = [
  ["$$", "$$"],
  ["$", "$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
];

/**
 * The TeX in the source of a formula, with the full stop after a block.
 *
 * @param {string} source
 */
export function texOf(source) {
  const found = DELIMITERS.find(([opener]) => source.startsWith(opener));
  if (!found) return source;
  const [opener, closer] = found;
  const end = source.lastIndexOf(closer);
  return source.slice(opener.length, end) + source.slice(end + closer.length);
}

// ---- within a line ----

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function inline(state, silent) {
  const { src, pos, posMax } = state;
  const found = formulaAt(src, pos, posMax);
  if (!found) return keepsBackslash(state, silent);
  if (!silent) {
    const token = state.push("math", "span", 0);
    token.content = src.slice(pos, found.end);
    token.meta = { display: found.display };
  }
  state.pos = found.end;
  return true;
}

/**
 * @typedef {object} Formula
 * @property {number} end
 * @property {boolean} display
 */

/**
 * The formula that starts at `pos`, or null.
 *
 * @param {string} src
 * @param {number} pos
 * @param {number} posMax
 * @returns {Formula | null}
 */
function formulaAt(src, pos, posMax) {
  const limit = Math.min(posMax, pos + LONGEST_INLINE);
  if (src[pos] === "$") return dollars(src, pos, limit);
  if (src[pos] !== "\\") return null;
  const opener = src[pos + 1];
  if (opener !== "(" && opener !== "[") return null;
  const end = src.indexOf(opener === "(" ? "\\)" : "\\]", pos + 2);
  if (end < 0 || end + 2 > limit) return null;
  const content = src.slice(pos + 2, end);
  if (!content.trim() || content.includes("`") || content.includes(`\\${opener}`)) return null;
  // "\[1\]" and "\[see below\]" are brackets that a model has escaped.
  if (opener === "[" && !TEX.test(content) && /^[\s\d,–-]+$|\p{L}{2}/u.test(content)) return null;
  return { end: end + 2, display: opener === "[" };
}

/**
 * @param {string} src
 * @param {number} pos
 * @param {number} limit
 * @returns {Formula | null}
 */
function dollars(src, pos, limit) {
  if (/[\p{sc=Latin}\p{N}$\\]/u.test(src[pos - 1] ?? "")) return null; // US$5, 5$, $$$
  const size = runOfDollars(src, pos);
  if (size > 2) return null;
  const from = pos + size;
  let end = from;
  while (end < limit && src[end] !== "$") {
    if (src[end] === "`") return null;
    end += src[end] === "\\" ? 2 : 1;
  }
  if (end >= limit || runOfDollars(src, end) !== size) return null;
  const content = src.slice(from, end);
  if (!content.trim() || (size === 1 && !isTight(content, src.slice(end + 1, end + 5)))) return null;
  if (isProse(content)) return null;
  return { end: end + size, display: size === 2 };
}

/**
 * @param {string} src
 * @param {number} pos
 */
function runOfDollars(src, pos) {
  let end = pos;
  while (src[end] === "$") end += 1;
  return end - pos;
}

/**
 * Pandoc's rule: no blank inside the dollars, no digit after them; nor a word ($HOME:$PATH).
 *
 * @param {string} content
 * @param {string} after
 */
function isTight(content, after) {
  if (/^\p{N}/u.test(after)) return false;
  if (/^\p{sc=Latin}/u.test(after) && !/^(?:th|st|nd|rd|s)(?!\p{L})/u.test(after)) return false;
  if (!/^\s|\s$/.test(content)) return true;
  return /^ [\s\S]* $/.test(content) && /\\[a-zA-Z]|[\^_]/.test(content); // $ \frac{1}{2} $
}

/**
 * Whether it is the text between two prices: words, and nothing that only mathematics has.
 *
 * @param {string} content
 */
function isProse(content) {
  if (content.includes("**") || content.includes("~~")) return true;
  const plain = content.replace(/\\(?:text|mathrm|operatorname|textbf|mbox)\s*\{[^{}]*\}/g, "");
  if (TEX.test(plain)) return /^\d[\d.,]*\s/.test(plain) && /(?:[^\s\p{P}]+\s+\p{L}{3,}\s+){2}/u.test(plain);
  return OTHER_SCRIPT.test(plain) || (WORD.test(plain) && /[\s\p{P}]/u.test(plain.trim()));
}

/**
 * A formula that is never closed keeps its backslash, which Markdown would take for an escape.
 *
 * @param {StateInline} state
 * @param {boolean} silent
 */
function keepsBackslash(state, silent) {
  const { src, pos } = state;
  if (src[pos] !== "\\" || (src[pos + 1] !== "(" && src[pos + 1] !== "[")) return false;
  if (src.includes(src[pos + 1] === "(" ? "\\)" : "\\]", pos + 2)) return false;
  if (!/\\[a-zA-Z]|[\^_]/.test(src.slice(pos + 2, pos + 200))) return false;
  if (!silent) state.pending += src.slice(pos, pos + 2);
  state.pos += 2;
  return true;
}

// ---- on lines of its own ----

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function block(state, startLine, endLine, silent) {
  if (state.sCount[startLine] - state.blkIndent >= 4) return false;
  const start = state.bMarks[startLine] + state.tShift[startLine];
  const first = state.src.slice(start, state.eMarks[startLine]);
  const opener = /^(?:\$\$(?!\$)|\\\[)/.exec(first) ?? ENVIRONMENT.exec(first);
  if (!opener) return false;
  const closer = closerOf(opener);
  let line = startLine;
  let end = closingAt(first, closer, opener[0].length);
  for (let length = first.length; end === null; ) {
    line += 1;
    if (line >= endLine) {
      if (!state.env.growing || silent) return Boolean(state.env.growing);
      return pushBlock(state, "math_open", startLine, endLine);
    }
    if (!state.isEmpty(line) && state.sCount[line] < state.blkIndent) return false;
    const text = state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
    length += text.length + 1;
    if (length > LONGEST_BLOCK || /^(?:```|~~~)/.test(text)) return false;
    end = closingAt(text, closer, 0);
  }
  if (end === false || (line === startLine && opener[0] === "$$" && isProse(first))) return false;
  if (!silent) pushBlock(state, "math_block", startLine, line + 1);
  return true;
}

/** @param {RegExpExecArray} opener */
function closerOf(opener) {
  if (opener[1]) return `\\end{${opener[1]}}`;
  return opener[0] === "$$" ? "$$" : "\\]";
}

/**
 * Whether a line closes the block: null if not, true, or false if other text follows.
 *
 * @param {string} text
 * @param {string} closer
 * @param {number} from
 */
function closingAt(text, closer, from) {
  const at = text.indexOf(closer, from);
  if (at < 0) return null;
  return /^\s*[.,;:!?]?\s*$/.test(text.slice(at + closer.length));
}

/**
 * @param {StateBlock} state
 * @param {string} type
 * @param {number} startLine
 * @param {number} endLine
 */
function pushBlock(state, type, startLine, endLine) {
  const token = state.push(type, "p", 0);
  token.block = true;
  token.map = [startLine, endLine];
  token.content = state.getLines(startLine, endLine, state.blkIndent, false).trim();
  state.line = endLine;
  return true;
}
