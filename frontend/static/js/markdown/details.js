// <details> and <summary> around Markdown, and <hr> on a line of its own.

/** @import { MarkdownIt, StateBlock, Token } from "../../vendor/markdown-it.js" */

const DEEPEST = 5;
const OPENING = /^<details(?:\s[^<>]{0,100})?>/i;
const SUMMARY = /^\s*<summary(?:\s[^<>]{0,100})?>([\s\S]{0,2000}?)<\/summary>/i;

/** @param {MarkdownIt} markdown */
export function useDetails(markdown) {
  const interrupts = { alt: ["paragraph", "reference", "blockquote", "list"] };
  markdown.block.ruler.before("blockquote", "details", details, interrupts);
  markdown.block.ruler.before("blockquote", "html_rule", rule, interrupts);
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} _endLine
 * @param {boolean} silent
 */
function rule(state, startLine, _endLine, silent) {
  if (state.sCount[startLine] - state.blkIndent >= 4) return false;
  if (!/^<hr\s{0,9}\/?>\s*$/i.test(lineAt(state, startLine))) return false;
  if (silent) return true;
  state.push("hr", "hr", 0).map = [startLine, startLine + 1];
  state.line = startLine + 1;
  return true;
}

/**
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function details(state, startLine, endLine, silent) {
  if (state.sCount[startLine] - state.blkIndent >= 4) return false;
  const depth = Number(state.env.detailsDepth ?? 0);
  const opening = OPENING.exec(lineAt(state, startLine));
  if (!opening || depth >= DEEPEST) return false;
  const last = closingLines(state, startLine, endLine).get(startLine) ?? null;
  const isOpen = last === null && Boolean(state.env.growing);
  if (last === null && !isOpen) return false;
  if (silent) return true;

  const next = last === null ? endLine : last + 1;
  const source = state.getLines(startLine, next, state.blkIndent, false).trim();
  const inner = isOpen
    ? source.slice(opening[0].length)
    : source.slice(opening[0].length, source.toLowerCase().lastIndexOf("</details>"));
  const outer = state.push("details_open", "details", 1);
  outer.block = true;
  outer.map = [startLine, next];
  if (isOpen || /\sopen\b/i.test(opening[0])) outer.attrs = [["open", ""]];
  const summary = SUMMARY.exec(inner);
  if (summary) pushSummary(state, summary[1].trim());
  const content = inner.slice(summary?.[0].length ?? 0);
  pushBlocks(state, content, depth);
  state.push("details_close", "details", -1);
  state.line = next;
  return true;
}

/**
 * @param {StateBlock} state
 * @param {number} line
 */
function lineAt(state, line) {
  return state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
}

/**
 * Closing lines by state.
 *
 * @type {WeakMap<StateBlock, { key: string, from: number, lines: Map<number, number> }>}
 */
const known = new WeakMap();

/**
 * For each line that opens the element, the line that ends it, with nothing after it.
 *
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 */
function closingLines(state, startLine, endLine) {
  const key = `${state.blkIndent} ${endLine}`;
  const before = known.get(state);
  if (before?.key === key && before.from <= startLine) return before.lines;
  const lines = new Map();
  known.set(state, { key, from: startLine, lines });
  /** @type {number[]} */
  const open = [];
  let fence = "";
  for (let line = startLine; line < endLine; line += 1) {
    if (!state.isEmpty(line) && state.sCount[line] < state.blkIndent) break;
    const text = lineAt(state, line);
    const mark = /^(?:```|~~~)/.exec(text)?.[0] ?? "";
    if (mark && (fence === "" || fence === mark)) fence = fence ? "" : mark;
    if (fence) continue;
    for (const tag of text.matchAll(/<(\/?)details(?:\s[^<>]{0,100})?>/gi)) {
      if (!tag[1]) {
        open.push(tag.index === 0 ? line : -1);
        continue;
      }
      const opened = open.pop() ?? -1;
      if (opened >= 0 && /^\s*$/.test(text.slice(tag.index + tag[0].length))) lines.set(opened, line);
    }
  }
  return lines;
}

/**
 * @param {StateBlock} state
 * @param {string} content
 */
function pushSummary(state, content) {
  state.push("summary_open", "summary", 1);
  const inline = state.push("inline", "", 0);
  inline.content = content;
  inline.children = [];
  state.push("summary_close", "summary", -1);
}

/**
 * @param {StateBlock} state
 * @param {string} source
 * @param {number} depth
 */
function pushBlocks(state, source, depth) {
  /** @type {Token[]} */
  const tokens = [];
  state.env.detailsDepth = depth + 1;
  state.md.block.parse(source, state.md, state.env, tokens);
  state.env.detailsDepth = depth;
  for (const token of tokens) {
    token.level += state.level;
    token.map = null; // its lines are not those of the answer
    state.tokens.push(token);
  }
}
