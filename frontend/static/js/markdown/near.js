// What is dear to render waits until the reader gets near it, or prints.

/**
 * Of elements that wait.
 *
 * @type {Map<Element, () => void>}
 */
const callbacks = new Map();

const observer = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) if (isIntersecting) take(target, true);
    // Answers that have left the page leave nothing here.
    for (const element of callbacks.keys()) if (!element.isConnected) take(element, false);
  },
  { rootMargin: "100% 0px" },
);

addEventListener("beforeprint", () => {
  // Rendering may make more to wait for.
  while (callbacks.size) for (const element of callbacks.keys()) take(element, element.isConnected);
});

/**
 * Calls `callback` once, when `element` is within a screen of what is seen.
 *
 * @param {Element} element
 * @param {() => void} callback
 */
export function whenNear(element, callback) {
  callbacks.set(element, callback);
  observer.observe(element);
}

/**
 * @param {Element} element
 * @param {boolean} isWanted
 */
function take(element, isWanted) {
  const callback = callbacks.get(element);
  callbacks.delete(element);
  observer.unobserve(element);
  if (isWanted) callback?.();
}
