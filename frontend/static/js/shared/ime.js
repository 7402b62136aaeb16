// Whether an Enter key sends, or belongs to an input method (Chinese, Japanese, Korean and others).
//
// With an input method, Enter first confirms the word that is being composed. Browsers disagree on
// how they tell that key from a plain one:
// - Chrome, Edge, Firefox: keydown (isComposing, keyCode 229), then compositionend.
// - Safari: compositionend, then keydown (not composing; keyCode 229, with some input methods 13).
// - Korean on macOS: keydown (isComposing), compositionend, and a second, plain keydown of the same
//   press, which is the Enter that the person meant.
// keyCode is deprecated, but 229 is the only sign of the second case in most versions of Safari.

const OF_INPUT_METHOD = 229;
const SAME_PRESS_MS = 500; // as in ProseMirror: compositionend and the keydown that caused it

let composingKeyIsDown = false; // a keydown of the composition came before its compositionend
let endedAt = -Infinity; // of a composition that ended before the keydown that ended it
const belong = new WeakSet(); // keydown events that are the input method's

addEventListener(
  "keydown",
  (event) => {
    const composes = event.isComposing || event.keyCode === OF_INPUT_METHOD;
    const ends = event.key === "Enter" && event.timeStamp - endedAt < SAME_PRESS_MS;
    if (composes || ends) belong.add(event);
    composingKeyIsDown = composes;
    endedAt = -Infinity; // a second Enter is meant
  },
  { capture: true },
);
addEventListener("keyup", () => (composingKeyIsDown = false), { capture: true });
addEventListener(
  "compositionend",
  (event) => (endedAt = composingKeyIsDown ? -Infinity : event.timeStamp),
  { capture: true },
);

/**
 * Whether a keydown belongs to an input method.
 *
 * @param {KeyboardEvent} event
 */
export const isOfInputMethod = (event) => belong.has(event);

/**
 * Whether a keydown in a text field asks to send it. A phone's Enter starts a new line.
 *
 * @param {KeyboardEvent} event
 */
export function sends(event) {
  if (event.key !== "Enter" || event.shiftKey || isOfInputMethod(event)) return false;
  return event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches;
}
