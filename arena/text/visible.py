"""Whether a reader sees anything of a text."""

import unicodedata

# Marks need a letter to stand on; controls, separators and format characters show nothing.
UNSEEN = {"Cc", "Cf", "Cs", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}
# Letters and symbols by category that show nothing: fillers of Hangul, Braille's blank, what stands
# for a lost object, a note without a head, blanks among hieroglyphs.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159\U00013441\U00013442")
# Unassigned code points that Unicode sets apart for such characters (Default_Ignorable_Code_Point).
RESERVED = ((0x2065, 0x2065), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))


def is_visible(text: str) -> bool:
    """Whether a text holds a character that shows.

    The same as `isVisible` of the page's shared/text.js. A code point that is not assigned yet
    counts as one that shows, for it may be a letter or an emoji newer than this Python.
    """
    return any(_shows(character) for character in text)


def _shows(character: str) -> bool:
    if unicodedata.category(character) in UNSEEN or character in BLANKS:
        return False
    code = ord(character)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return not is_noncharacter and not any(first <= code <= last for first, last in RESERVED)
