// The page's texts in the visitor's language, from its <template> elements.

import { byId, findAll } from "./shared/elements.js";

/**
 * Reads the template of that id; gives the function that tells a text by its key.
 *
 * @param {string} id
 */
export function texts(id) {
  const found = new Map(
    findAll(byId(id, HTMLTemplateElement).content, "[data-key]").map((element) => [
      element.dataset.key,
      element.textContent,
    ]),
  );
  /**
   * The text of `key` with each {name} filled from `values`. Throws a TypeError if there is none.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   */
  return (key, values = {}) => {
    const text = found.get(key);
    if (text === undefined) throw new TypeError(`#${id} has no text of "${key}"`);
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };
}

/** The texts of <template id="messages">. */
export const message = texts("messages");
