// The page's elements, checked to be of the kind that a script expects.

/**
 * @template {Element} T
 * @typedef {new () => T} Kind
 */

/**
 * @template {Element} [T=HTMLElement]
 * @param {Element} element
 * @param {Kind<T>} [kind]
 * @returns {T}
 */
function checked(element, kind) {
  const wanted = /** @type {Kind<T>} */ (kind ?? HTMLElement);
  if (element instanceof wanted) return element;
  throw new TypeError(`<${element.localName} id="${element.id}"> is no ${wanted.name}`);
}

/**
 * The element with this id, or null.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T | null}
 */
export function optional(id, kind) {
  const element = document.getElementById(id);
  return element && checked(element, kind);
}

/**
 * The element with this id. Throws a TypeError if there is none, or one of another kind.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T}
 */
export function byId(id, kind) {
  const element = optional(id, kind);
  if (element) return element;
  throw new TypeError(`The page has no #${id}`);
}

/**
 * The first element within `root` that matches, or null.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T | null}
 */
export function query(root, selector, kind) {
  const element = root.querySelector(selector);
  return element && checked(element, kind);
}

/**
 * The first element within `root` that matches. Throws a TypeError if there is none, or one of
 * another kind.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T}
 */
export function find(root, selector, kind) {
  const element = query(root, selector, kind);
  if (element) return element;
  throw new TypeError(`Nothing matches ${selector}`);
}

/**
 * The innermost element around `element`, itself included, that matches. Throws a TypeError if
 * there is none, or one of another kind.
 *
 * @template {Element} [T=HTMLElement]
 * @param {Element} element
 * @param {string} selector
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T}
 */
export function closest(element, selector, kind) {
  const found = element.closest(selector);
  if (found) return checked(found, kind);
  throw new TypeError(`Nothing around matches ${selector}`);
}

/**
 * All elements within `root` that match. Throws a TypeError if one is of another kind.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {Kind<T>} [kind] HTMLElement if not given
 * @returns {T[]}
 */
export function findAll(root, selector, kind) {
  return [...root.querySelectorAll(selector)].map((element) => checked(element, kind));
}
