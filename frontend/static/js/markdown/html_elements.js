// The HTML elements that models write within their Markdown, shown as such: <br>, <sub>, <kbd> …
//
// Only whole pairs count, and no attribute but the address of a link. Whatever else looks like
// HTML is text.

/** @import { MarkdownIt, StateInline, Token } from "../../vendor/markdown-it.js" */

const SHOWN = "abbr b cite code del dfn em i ins kbd mark q s samp small strong strike sub sup u var".split(" ");
const IGNORED = ["font", "span"]; // their styles are not this site's
const PAIRED = new Set([...SHOWN, ...IGNORED, "a"]);
const TAG = /<(\/?)([a-z]{1,6})((?:\s[^<>]{0,300})?)>/iy;
const BREAK = /<\/?(br|wbr)\s{0,9}\/?>/iy;

/** @param {MarkdownIt} markdown */
export function useHtmlElements(markdown) {
  markdown.inline.ruler.after("autolink", "html_element", element);
  markdown.inline.ruler2.before("fragments_join", "html_pairs", pair);
  markdown.renderer.rules.html_ignored = () => "";
}

/**
 * @param {StateInline} state
 * @param {boolean} silent
 */
function element(state, silent) {
  if (state.src[state.pos] !== "<") return false;
  const single = matchAt(BREAK, state);
  if (single) {
    if (!silent && /^w/i.test(single[1])) state.push("wbr", "wbr", 0);
    else if (!silent) state.push("hardbreak", "br", 0);
    state.pos += single[0].length;
    return true;
  }
  const tag = matchAt(TAG, state);
  if (!tag) return false;
  const name = tag[2].toLowerCase();
  if (!PAIRED.has(name) || (name === "a" && state.linkLevel > 0)) return false;
  if (!silent) {
    const token = state.push("text", "", 0);
    token.content = tag[0];
    token.meta = { name, closes: tag[1] === "/", attributes: tag[3] };
  }
  state.pos += tag[0].length;
  return true;
}

/**
 * @param {RegExp} pattern a sticky one
 * @param {StateInline} state
 */
function matchAt(pattern, state) {
  pattern.lastIndex = state.pos;
  return pattern.exec(state.src);
}

/**
 * Makes elements of the tags that pair; a pair does not cross an emphasis or a link.
 *
 * @param {StateInline} state
 */
function pair(state) {
  /** @type {Token[]} */
  const open = [];
  for (const token of state.tokens) {
    if (token.meta?.name) {
      if (!token.meta.closes) {
        open.push(token);
        continue;
      }
      let at = open.length - 1;
      while (at >= 0 && open[at].meta?.name && open[at].meta?.name !== token.meta.name) at -= 1;
      if (at < 0 || !open[at].meta?.name) continue;
      makeElement(state, open[at], token);
      open.length = at;
    } else if (token.nesting === 1) {
      open.push(token);
    } else if (token.nesting === -1) {
      while (open.length && open.pop()?.nesting !== 1);
    }
  }
}

/**
 * @param {StateInline} state
 * @param {Token} opening
 * @param {Token} closing
 */
function makeElement(state, opening, closing) {
  const name = String(opening.meta?.name);
  const attributes = String(opening.meta?.attributes);
  if (name === "a") {
    const address = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))/i.exec(attributes);
    const href = state.md.normalizeLink(address?.[1] ?? address?.[2] ?? address?.[3] ?? "");
    if (!href || !state.md.validateLink(href)) return;
    opening.attrs = [["href", href]];
  }
  const kind = name === "a" ? "link" : "html";
  for (const token of [opening, closing]) {
    const opens = token === opening;
    if (IGNORED.includes(name)) token.type = "html_ignored";
    else token.type = `${kind}_${opens ? "open" : "close"}`;
    token.tag = name === "strike" ? "s" : name;
    token.nesting = opens ? 1 : -1;
    token.content = "";
  }
}
