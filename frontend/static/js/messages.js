// The page's texts in the visitor's language, from its <template> elements.

/** Reads the template of that id; gives the function that tells a text by its key. */
export function texts(id) {
  const found = new Map(
    [...document.getElementById(id).content.querySelectorAll("[data-key]")].map((element) => [
      element.dataset.key,
      element.textContent,
    ]),
  );
  /** The text of `key` with each {name} filled from `values`. */
  return (key, values = {}) => found.get(key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** The texts of <template id="messages">. */
export const message = texts("messages");
