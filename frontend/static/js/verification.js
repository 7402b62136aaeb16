// The verification page: a button beside each command, fingerprint and snippet that copies it.
import { message } from "./messages.js";
import { copyButton } from "./shared/copy.js";

const labels = { copy: message("copy"), copied: message("copied"), copyFailed: message("copyFailed") };

for (const pre of document.querySelectorAll("pre[data-copy]")) {
  const frame = document.createElement("div");
  frame.className = "copied-text";
  pre.replaceWith(frame);
  frame.append(copyButton(pre.textContent, labels), pre);
}
