// Emphasis where languages put no blanks between words.
//
// CommonMark pairs `**` by the blanks and punctuation around it, which leaves `**注意：**请` as it
// stands. markdown-it-cjk-friendly mends that for `*`, `**` and `~~` in Chinese, Japanese and
// Korean. Here follow `_` beside punctuation, and South-East Asian scripts.
/** @import { MarkdownIt } from "../../vendor/markdown-it.js" */
import cjkFriendly from "../../vendor/markdown-it-cjk-friendly.js";

const CJK = /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}\uff00-\uffef]/u;
const NO_BLANKS = /^[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\p{sc=Tibetan}]/u;
const LETTER = /^[\p{L}\p{M}\p{N}]/u;
const PUNCTUATION = /^[\p{P}\p{S}]/u;
const UNDERSCORE = 0x5f;

/** @param {MarkdownIt} markdown */
export function useEmphasis(markdown) {
  markdown.use(cjkFriendly);
  markdown.inline.State = class extends markdown.inline.State {
    /**
     * @param {number} start
     * @param {boolean} canSplitWord
     */
    scanDelims(start, canSplitWord) {
      const before = characterBefore(this.src, start);
      let end = start;
      while (this.src[end] === this.src[start]) end += 1;
      const after = characterAt(this.src, end);
      if (this.src.charCodeAt(start) === UNDERSCORE) {
        // As `*`, but not within words: 变量_名称_值 stays as it is.
        const edge =
          (PUNCTUATION.test(before) && isCjkLetter(after)) ||
          (isCjkLetter(before) && PUNCTUATION.test(after));
        return super.scanDelims(start, canSplitWord || edge);
      }
      const found = super.scanDelims(start, canSplitWord);
      const blank = /^\s/u;
      if (blank.test(before) || blank.test(after)) return found;
      if (!NO_BLANKS.test(before) && !NO_BLANKS.test(after)) return found;
      return { ...found, can_open: true, can_close: true };
    }
  };
}

/** @param {string} character */
function isCjkLetter(character) {
  return CJK.test(character) && LETTER.test(character);
}

/**
 * The code point that ends before `position`, or a blank at the start.
 *
 * @param {string} text
 * @param {number} position
 */
function characterBefore(text, position) {
  if (position === 0) return " ";
  const low = text.charCodeAt(position - 1);
  const isPair = low >= 0xdc00 && low <= 0xdfff && position > 1;
  return isPair ? text.slice(position - 2, position) : text[position - 1];
}

/**
 * The code point at `position`, or a blank at the end.
 *
 * @param {string} text
 * @param {number} position
 */
function characterAt(text, position) {
  const code = text.codePointAt(position);
  return code === undefined ? " " : String.fromCodePoint(code);
}
