// Markdown of strangers, rendered safely while it arrives.
//
// Model output is hostile input: markdown-it takes no raw HTML, DOMPurify lets through only the
// elements of a text, images become links (an image of another host would tell it of the visitor),
// and nothing is ever assigned to innerHTML.
import DOMPurify from "../vendor/dompurify.js";
import hljs from "../vendor/highlight.js";
import MarkdownIt from "../vendor/markdown-it.js";

const HIGHLIGHT_MAX_CHARS = 40_000;
const SHARE_OF_TIME = 0.2; // of the main thread that rendering of one answer may take

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim());
markdown.renderer.rules.image = (tokens, index) => {
  const text = markdown.utils.escapeHtml(tokens[index].content || tokens[index].attrGet("src"));
  const address = markdown.utils.escapeHtml(tokens[index].attrGet("src"));
  return `<a class="image" href="${address}">${text}</a>`;
};
// The columns of a table are aligned by an attribute: style attributes are closed to this site.
markdown.renderer.rules.td_open = markdown.renderer.rules.th_open = (tokens, index) => {
  const side = /left|center|right/.exec(tokens[index].attrGet("style") ?? "")?.[0];
  return side ? `<${tokens[index].tag} align="${side}">` : `<${tokens[index].tag}>`;
};

const TEXT_ONLY = {
  ALLOWED_TAGS: "a blockquote br code del em h1 h2 h3 h4 h5 h6 hr li ol p pre s span strong table tbody td th thead tr ul".split(" "),
  ALLOWED_ATTR: ["align", "class", "href", "start", "title"],
  ALLOWED_URI_REGEXP: /^(https?:|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["align", "start"], // no addresses
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** A DOM fragment of sanitised HTML. */
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
  #references = {};
  #tail = []; // the nodes of the block that still grows
  #scheduled = false;
  #notBefore = 0;
  #finished = false;

  /** labels: the words for {copy, copied, copyFailed, code}. */
  constructor(container, labels) {
    this.#container = container;
    this.#labels = labels;
  }

  get text() {
    return this.#text;
  }

  append(text) {
    this.#text += text;
    this.#schedule();
  }

  /** Starts over with `text`; does nothing if that is what is shown already. */
  replace(text) {
    if (text === this.#text) return;
    if (text.startsWith(this.#text)) {
      this.append(text.slice(this.#text.length));
      return;
    }
    this.#clear();
    this.append(text);
  }

  /** The text is complete: renders what is left at once. */
  finish() {
    if (this.#finished) return;
    this.#finished = true;
    // A link may have been used before the line that says where it leads.
    const env = { references: this.#references };
    markdown.parse(this.#text.slice(this.#settled), env);
    if (Object.keys(env.references).length) this.#restart();
    this.#render();
  }

  /** Leaves the container to another stream. */
  close() {
    this.#finished = true;
  }

  #clear() {
    this.#text = "";
    this.#finished = false;
    this.#restart();
    this.#references = {};
  }

  #restart() {
    this.#settled = 0;
    this.#tail = [];
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

  /** Renders only what follows the settled blocks, and settles what can be settled. */
  #render() {
    for (const node of this.#tail) node.remove();
    this.#tail = [];
    const rest = this.#text.slice(this.#settled);
    const boundary = this.#finished ? rest.length : settledLength(rest);
    if (boundary > 0) {
      // Definitions of links hold for the whole answer, so they are carried along.
      const env = { references: this.#references };
      this.#show(markdown.render(rest.slice(0, boundary), env), true);
      this.#references = env.references;
      this.#settled += boundary;
    }
    // The start of a list item, "-", would for a moment make a heading of the line before.
    const growing = rest.slice(boundary).replace(/\n[ \t]*[-=]+[ \t]*$/, "\n");
    if (growing) {
      const env = { references: { ...this.#references } };
      this.#tail = this.#show(markdown.render(growing, env), false);
    }
  }

  #show(html, settled) {
    const fragment = clean(html);
    for (const table of fragment.querySelectorAll("table")) {
      const scroller = document.createElement("div");
      scroller.className = "table-scroll";
      scroller.tabIndex = 0;
      table.replaceWith(scroller);
      scroller.append(table);
    }
    for (const code of fragment.querySelectorAll("pre > code")) this.#frameCode(code, settled);
    const nodes = [...fragment.childNodes];
    this.#container.append(fragment);
    return nodes;
  }

  #frameCode(code, settled) {
    const language = /(?:^|\s)language-([\w+#.-]{1,30})/.exec(code.className)?.[1] ?? "";
    const pre = code.parentElement;
    const source = code.textContent;
    const block = document.createElement("div");
    block.className = "code-block";
    const head = document.createElement("div");
    head.className = "code-head";
    const name = document.createElement("span");
    name.textContent = language || this.#labels.code;
    head.append(name);
    pre.tabIndex = 0; // long lines scroll, with the keyboard too
    pre.replaceWith(block);
    block.append(head, pre);
    if (!settled) return;
    head.append(this.#copyButton(source));
    highlight(code, source, language);
  }

  #copyButton(source) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = this.#labels.copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source);
        button.textContent = this.#labels.copied;
      } catch {
        button.textContent = this.#labels.copyFailed;
      }
      setTimeout(() => (button.textContent = this.#labels.copy), 2000);
    });
    return button;
  }
}

/**
 * How many characters of `text` are blocks that no further text can change: all before the last
 * top-level block of the complete lines. A line still being written may yet join what it follows.
 */
export function settledLength(text) {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  const blocks = markdown.parse(complete, {}).filter((token) => token.level === 0 && token.map);
  const last = blocks.at(-1);
  if (!last || last === blocks[0]) return 0;
  const lineEnds = complete.matchAll(/\r\n?|\n/g);
  let end = 0;
  for (let line = 0; line < last.map[0]; line++) {
    const lineEnd = lineEnds.next().value;
    end = lineEnd.index + lineEnd[0].length;
  }
  return end;
}

function highlight(code, source, language) {
  if (source.length > HIGHLIGHT_MAX_CHARS || !hljs.getLanguage(language)) return;
  code.replaceChildren(clean(hljs.highlight(source, { language, ignoreIllegals: true }).value));
}
