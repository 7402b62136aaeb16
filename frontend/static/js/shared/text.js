// What the server says of a prompt's text, said before it is sent.

/**
 * Characters as the server counts them: a smiley is one.
 *
 * @param {string} text
 */
export function lengthOf(text) {
  return [...text].length;
}

// As arena/text/visible.py: U+2800 is Braille's blank, U+FFFC stands for a lost object,
// U+1D159 is a note without a head, U+13441 and U+13442 are blanks among hieroglyphs.
const INVISIBLE =
  /[\p{White_Space}\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufffc\u{1d159}\u{13441}\u{13442}]/gu;

/**
 * Whether a reader sees anything of it.
 *
 * @param {string} text
 */
export function isVisible(text) {
  return text.replace(INVISIBLE, "") !== "";
}
