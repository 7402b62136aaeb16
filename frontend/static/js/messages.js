// The page's texts in the visitor's language, from <template id="messages">.

const texts = new Map(
  [...document.getElementById("messages").content.querySelectorAll("[data-key]")].map((element) => [
    element.dataset.key,
    element.textContent,
  ]),
);

/** The text of `key` with each {name} filled from `values`. */
export function message(key, values = {}) {
  return texts.get(key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}
