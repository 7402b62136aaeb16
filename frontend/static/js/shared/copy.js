// A button that copies a text.

/**
 * Makes the button, which says for two seconds whether it copied.
 *
 * @param {string} source
 * @param {{ copy: string, copied: string, copyFailed: string }} labels
 */
export function copyButton(source, labels) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = labels.copy;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source);
      button.textContent = labels.copied;
    } catch {
      button.textContent = labels.copyFailed;
    }
    setTimeout(() => (button.textContent = labels.copy), 2000);
  });
  return button;
}
