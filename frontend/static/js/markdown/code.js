// Code blocks of an answer: the name of the language, a button that copies, colours.
/** @import { Labels } from "#page" */
import DOMPurify from "../../vendor/dompurify.js";
import hljs from "../../vendor/highlight.js";
import { copyButton } from "../shared/copy.js";
import { closest } from "../shared/elements.js";

const HIGHLIGHT_MAX_CHARS = 20_000;
const COLOURS = {
  ALLOWED_TAGS: ["span"],
  ALLOWED_ATTR: ["class"],
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * Frames the code of a <pre>.
 *
 * @param {HTMLElement} code
 * @param {Labels} labels
 * @param {boolean} settled whether it can no longer change
 */
export function frameCode(code, labels, settled) {
  const language = /(?:^|\s)language-([\w+#.-]{1,30})/.exec(code.className)?.[1] ?? "";
  const pre = closest(code, "pre");
  const source = code.textContent;
  const block = document.createElement("div");
  block.className = "code-block";
  block.dir = "ltr";
  const head = document.createElement("div");
  head.className = "code-head";
  const name = document.createElement("span");
  name.textContent = language || labels.code;
  head.append(name);
  pre.tabIndex = 0; // long lines scroll, with the keyboard too
  pre.replaceWith(block);
  block.append(head, pre);
  if (!settled) return;
  head.append(copyButton(source, labels));
  highlight(code, source, language);
}

/**
 * @param {HTMLElement} code
 * @param {string} source
 * @param {string} language
 */
function highlight(code, source, language) {
  if (source.length > HIGHLIGHT_MAX_CHARS || !hljs.getLanguage(language)) return;
  const { value } = hljs.highlight(source, { language, ignoreIllegals: true });
  code.replaceChildren(DOMPurify.sanitize(value, COLOURS));
}
