// An answer is rendered in pieces that can no longer change and that cost little each, however
// its text arrives. Where a piece ends is a function of the text alone: an answer looks the same
// streamed and at once.
/** @import { Token } from "../../vendor/markdown-it.js" */
import { LONGEST_BLOCK } from "./mathematics.js";
import { markdown } from "./parser.js";

/**
 * @typedef {object} Piece
 * @property {number} end where it ends
 * @property {string} lead what goes before the next one when that is parsed
 * @property {boolean} joins whether the list at the start of the next one goes on with this one's
 */

/** @typedef {Token & { map: [number, number] }} Block */

/** @typedef {{ tokens: Token[], blocks: Block[] }} Parsed */

const MOST_CHARS = 16_000; // of a piece
const MOST_COST = 150_000;
const MOST_CODE_LINES = 1_500;

// What a character costs, in about 0.1 µs of a fast machine.
const LETTER = 2;
const OTHER_LETTER = 15; // not ASCII: more glyphs, often wider
const COMBINING = 40;
const LISTED = 150; // a line that begins, after its indentation, as list items do
const COSTS = new Uint16Array(128).fill(LETTER);
/** @type {Array<[string, number]>} */
const DEARER = [
  ["*_`|~]<>&/", 120],
  [":", 60], // of an address
  ["\n", 300],
  ["\\", 150], // of TeX
  ["$", 300],
  ["[", 400], // it may open a link, whose end is looked for
];
for (const [marks, cost] of DEARER) {
  for (const mark of marks) COSTS[mark.charCodeAt(0)] = cost;
}
const NEWLINE = "\n".charCodeAt(0);
const INDENT = new Set([..." \t"].map((blank) => blank.charCodeAt(0)));
const LIST_MARKS = new Set([..."-+0123456789"].map((mark) => mark.charCodeAt(0)));

/**
 * What rendering `text` costs.
 *
 * @param {string} text
 */
export function costOf(text) {
  return affordable(text, 0, Infinity).cost;
}

/**
 * The next piece of `text` from `from` on, or null while none is complete.
 *
 * `lead` is what goes before this piece when it is parsed: the head of a table, or the fence of a
 * code block, that was cut.
 *
 * @param {string} text
 * @param {number} from
 * @param {string} lead
 * @param {boolean} finished
 * @returns {Piece | null}
 */
export function nextPiece(text, from, lead, finished) {
  const source = lead + text.slice(from, from + MOST_CHARS);
  const base = from - lead.length; // where `source` begins
  const { reach } = affordable(source, lead.length, MOST_COST);
  const isLimited = base + reach < text.length;
  if (!isLimited && finished) return piece(text.length);
  const window = source.slice(0, Math.max(source.lastIndexOf("\n", reach - 1) + 1, lead.length));
  if (window.length === lead.length) {
    return isLimited ? piece(base + cutInLine(source, reach)) : null;
  }
  const found = isLimited
    ? endOfLimited(text, window, base, lead, finished)
    : endBeforeLast(window, topBlocks(window, true), base);
  if (found && found.end <= from) return piece(base + window.length);
  return found;
}

/** @type {(end: number, lead?: string, joins?: boolean) => Piece} */
const piece = (end, lead = "", joins = false) => ({ end, lead, joins });

/**
 * How far into `source` one may go for `most`, and what that costs.
 *
 * @param {string} source
 * @param {number} from
 * @param {number} most
 */
function affordable(source, from, most) {
  let cost = 0;
  let index = from;
  let last = NEWLINE; // a blank line costs nothing
  let isIndent = true;
  while (index < source.length && cost < most) {
    const code = source.charCodeAt(index);
    if (code !== NEWLINE || last !== NEWLINE) cost += costOfCode(code);
    if (isIndent && LIST_MARKS.has(code)) cost += LISTED;
    isIndent = code === NEWLINE || (isIndent && INDENT.has(code));
    last = code;
    index += 1;
  }
  return { reach: index, cost };
}

/** @param {number} code */
function costOfCode(code) {
  if (code < 128) return COSTS[code];
  return code >= 0x300 && code < 0x370 ? COMBINING : OTHER_LETTER;
}

/**
 * Where to cut within one enormous line: after a blank, if there is one nearby.
 *
 * @param {string} source
 * @param {number} reach
 */
function cutInLine(source, reach) {
  const blank = /\s\S{0,300}$/u.exec(source.slice(Math.max(0, reach - 400), reach));
  if (blank && blank[0].length < reach) return reach - blank[0].length + 1;
  return /[\ud800-\udbff]/.test(source[reach - 1]) ? reach - 1 : reach;
}

/**
 * All blocks but the last one can no longer change.
 *
 * @param {string} window
 * @param {Parsed} parsed
 * @param {number} base
 */
function endBeforeLast(window, { blocks }, base) {
  const last = blocks.at(-1);
  return last && blocks.length > 1 ? piece(base + offsetOf(window, last.map[0])) : null;
}

/**
 * The end of a piece where the text goes on beyond what one piece may hold.
 *
 * @param {string} text
 * @param {string} window
 * @param {number} base
 * @param {string} lead
 * @param {boolean} finished
 */
function endOfLimited(text, window, base, lead, finished) {
  let parsed = topBlocks(window, true);
  const type = parsed.blocks.length === 1 ? parsed.blocks[0].type : "";
  if (type === "fence") return endOfCode(text, base, lead, finished);
  if (type === "math_open") {
    const wider = lead + text.slice(base + lead.length, base + LONGEST_BLOCK);
    const end = endBeforeLast(wider, topBlocks(wider, true), base);
    if (end) return end;
  }
  if (type === "math_open" || type === "details_open") parsed = topBlocks(window, false);
  const end = endBeforeLast(window, parsed, base);
  return end ?? forcedEnd(window, parsed, base);
}

/**
 * Code costs little, and is not cut before it has very many lines.
 *
 * @param {string} text
 * @param {number} base
 * @param {string} lead
 * @param {boolean} finished
 */
function endOfCode(text, base, lead, finished) {
  const source = lead + text.slice(base + lead.length);
  const lines = source.split("\n", MOST_CODE_LINES + 1);
  const isLimited = lines.length > MOST_CODE_LINES;
  const window = isLimited
    ? source.slice(0, lines.slice(0, -1).join("\n").length + 1)
    : source.slice(0, source.lastIndexOf("\n") + 1);
  const end = endBeforeLast(window, topBlocks(window, true), base);
  if (end) return end;
  if (!isLimited) return finished ? piece(text.length) : null;
  // The last line stays with what follows, so that this is never an empty block.
  return piece(base + window.lastIndexOf("\n", window.length - 2) + 1, `${lines[0]}\n`);
}

/**
 * Cuts the one block that is larger than a piece: between its parts, if it has any.
 *
 * @param {string} window
 * @param {Parsed} parsed
 * @param {number} base
 */
function forcedEnd(window, { blocks, tokens }, base) {
  const whole = piece(base + window.length);
  const [block] = blocks;
  if (!block) return whole;
  /**
   * @param {string} type
   * @param {number} level
   */
  const lastStart = (type, level) => {
    const last = tokens.findLast((token) => token.type === type && token.level === level);
    return last?.map && last.map[0] > block.map[0] ? last.map[0] : null;
  };
  if (block.type === "bullet_list_open" || block.type === "ordered_list_open") {
    const line = lastStart("list_item_open", 1);
    if (line !== null) return piece(base + offsetOf(window, line), "", true);
  }
  if (block.type === "table_open") {
    const line = lastStart("tr_open", 2);
    const head = offsetOf(window, block.map[0]);
    const rows = offsetOf(window, block.map[0] + 2);
    if (line !== null && line > block.map[0] + 2) return piece(base + offsetOf(window, line), window.slice(head, rows));
  }
  return whole;
}

/**
 * The top-level blocks of `source`, in which each line ends with its own line end.
 *
 * @param {string} source
 * @param {boolean} growing
 * @returns {Parsed}
 */
function topBlocks(source, growing) {
  /** @type {Token[]} */
  const tokens = [];
  markdown.block.parse(source.replace(/\r\n?/g, "\n"), markdown, { growing }, tokens);
  return { tokens, blocks: tokens.filter(isBlock) };
}

/**
 * @param {Token} token
 * @returns {token is Block}
 */
const isBlock = (token) => token.level === 0 && token.map !== null;

/**
 * Where the line with this number begins.
 *
 * @param {string} source
 * @param {number} line
 */
function offsetOf(source, line) {
  const ends = source.matchAll(/\r\n?|\n/g);
  let offset = 0;
  for (let index = 0; index < line; index += 1) {
    const { value } = ends.next();
    if (value) offset = value.index + value[0].length;
  }
  return offset;
}
