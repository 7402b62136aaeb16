// A public conversation: the answers' Markdown, which without a script stands as plain text.
import { MarkdownStream } from "./markdown.js";
import { message } from "./messages.js";
import { findAll } from "./shared/elements.js";

const labels = {
  copy: message("copy"),
  copied: message("copied"),
  copyFailed: message("copyFailed"),
  code: message("code"),
};

for (const body of findAll(document, "[data-markdown]")) {
  const text = body.textContent;
  body.replaceChildren();
  delete body.dataset.markdown;
  const stream = new MarkdownStream(body, labels);
  stream.append(text);
  stream.finish();
}
