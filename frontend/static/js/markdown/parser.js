// Markdown as chat products show it: CommonMark with tables, line breaks as written, mathematics,
// emphasis beside CJK punctuation, and the few HTML elements that models write.
//
// No HTML of an answer reaches the output: what the rules here know becomes tokens, and all else
// is escaped. `env` may say {growing: true}: more text follows, so a block that is not closed yet
// stays open to the end.
import MarkdownIt from "../../vendor/markdown-it.js";
import { useDetails } from "./details.js";
import { useEmphasis } from "./emphasis.js";
import { useHtmlElements } from "./html_elements.js";
import { useMathematics } from "./mathematics.js";

const DEEPEST = 40; // levels of tokens: 20 lists, each with its items
const NEVER = 1_000; // markdown-it drops what is nested deeper than this
const DEEP = 8; // levels of tokens from which on each next one is indented less, and then not
const DEEPEST_INDENTED = 16;

export const markdown = new MarkdownIt({
  html: false,
  linkify: true,
  breaks: true,
  maxNesting: NEVER,
});
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim());

const { escapeHtml } = markdown.utils;
markdown.renderer.rules.image = (tokens, index) => {
  const address = String(tokens[index].attrGet("src"));
  const text = escapeHtml(tokens[index].content || address);
  return `<a class="image" href="${escapeHtml(address)}">${text}</a>`;
};
// The columns of a table are aligned by an attribute: style attributes are closed to this site.
markdown.renderer.rules.td_open = markdown.renderer.rules.th_open = (tokens, index) => {
  const side = /left|center|right/.exec(String(tokens[index].attrGet("style") ?? ""))?.[0];
  return side ? `<${tokens[index].tag} align="${side}">` : `<${tokens[index].tag}>`;
};
for (const type of ["list_item_open", "blockquote_open"]) {
  markdown.renderer.rules[type] = (tokens, index, options, _env, renderer) => {
    const { level } = tokens[index];
    if (level > DEEP) tokens[index].attrJoin("class", level > DEEPEST_INDENTED ? "deepest" : "deep");
    return renderer.renderToken(tokens, index, options);
  };
}

// What is nested too deeply to be seen stands as plain text.
markdown.block.ruler.before("table", "deepest", (state, startLine, endLine, silent) => {
  if (state.level < DEEPEST || silent) return false;
  state.push("paragraph_open", "p", 1).map = [startLine, endLine];
  const inline = state.push("inline", "", 0);
  inline.content = state.getLines(startLine, endLine, state.blkIndent, false).trim();
  inline.map = [startLine, endLine];
  inline.children = [];
  state.push("paragraph_close", "p", -1);
  state.line = endLine;
  return true;
});

markdown.use(useEmphasis).use(useMathematics).use(useHtmlElements).use(useDetails);
