"""Rules for names: which are refused, and which of two look the same. Pure.

By Unicode's technical standard 39, with its data of look-alikes: what cannot be seen is no part of a name, no name
mixes scripts to look like another, and of names that look alike there is one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

from django.core.exceptions import ValidationError

#: What stands between letters and digits.
PUNCTUATION = frozenset(".+-_")
#: No letter of any language carries more; a tower of marks would cover the lines above and below.
MARKS_MAX = 4

# Characters that are drawn as nothing, whatever their category says (Default_Ignorable_Code_Point, which is stable).
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# An emoji's own colour: typed by every telephone, and nothing of a name.
_EMOJI_STYLE = "\ufe0f"
_NO_SCRIPT = frozenset({"COMMON", "INHERITED"})
# Scripts that are one language's together.
_WRITTEN_TOGETHER = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)

MESSAGES = {
    "invalid": "Letters, digits and . + - _ only, please.",
    "invisible": "There is a character in it that cannot be seen, or that turns the text around.",
    "mixed_scripts": "Letters of several scripts look alike in it: use those of one.",
    "look_alike": "It looks like another player's name.",
}


def refusal_of(code: str) -> ValidationError:
    """Return the error for a refused name, by its code."""
    return ValidationError(MESSAGES[code], code=code)


def normal_name(name: str) -> str:
    """Return a username in the one form in which it is stored and searched."""
    return unicodedata.normalize("NFKC", name)


def check_username(name: str) -> None:
    """Refuse a new username with invisible characters or mixed scripts.

    Raises ValidationError: invalid, invisible, mixed_scripts.
    """
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise refusal_of("invalid")
    if hides(name):
        raise refusal_of("invisible")
    if not all(_is_part(character) for character in name) or _has_marks_without_letter(name):
        raise refusal_of("invalid")
    if _is_mixed(name):
        raise refusal_of("mixed_scripts")


def shown_name(text: str) -> str:
    """Return a display name on one line, as it is stored. Raises ValidationError: invisible."""
    line = " ".join(unicodedata.normalize("NFC", text.replace(_EMOJI_STYLE, "")).split())
    if hides(line) or _longest_marks(line) > MARKS_MAX:
        raise refusal_of("invisible")
    return line


def cleaned_name(text: str) -> str:
    """Return a display name from before the rules without the characters that they refuse."""
    kept = "".join(" " if character.isspace() else character for character in text if not hides(character))
    runs = ("".join(run)[:MARKS_MAX] if marks else "".join(run) for marks, run in groupby(kept, key=_is_mark))
    return " ".join(unicodedata.normalize("NFC", "".join(runs)).split())


def hides(text: str) -> bool:
    """Return whether any character of it is invisible or unassigned, changes the text's direction or breaks the
    line.
    """
    return bool(_IGNORABLE.search(text)) or any(
        unicodedata.category(character)[0] == "C" or unicodedata.category(character) in ("Zl", "Zp")
        for character in text
    )


def look_of(name: str) -> str:
    """Return the skeleton of a name: the same for all names that look alike, in any case."""
    prototypes, sequences = _prototypes()
    parts = unicodedata.normalize("NFD", _IGNORABLE.sub("", normal_name(name)))
    drawn = "".join(prototypes.get(character, character) for character in parts if not character.isspace())
    drawn = sequences.sub(lambda found: prototypes[found.group()], drawn)
    return unicodedata.normalize("NFC", drawn.casefold())


def _is_part(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category == "Nd" or character in PUNCTUATION


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _longest_marks(text: str) -> int:
    return max((len(list(run)) for marks, run in groupby(text, key=_is_mark) if marks), default=0)


def _has_marks_without_letter(name: str) -> bool:
    """Return whether a combining mark follows no letter, or too many follow one."""
    before = "."
    for character in name:
        if _is_mark(character) and not (_is_mark(before) or unicodedata.category(before)[0] == "L"):
            return True
        before = character
    return _longest_marks(name) > MARKS_MAX


def _is_mixed(name: str) -> bool:
    """Return whether it mixes digits of two kinds, scripts that no language mixes, or look-alikes of two scripts."""
    zeros = {ord(character) - unicodedata.decimal(character) for character in name if character.isdecimal()}
    scripts = {_script_of(character) for character in name} - _NO_SCRIPT
    if len(zeros) > 1:
        return True
    if len(scripts) < 2 or any(scripts <= together for together in _WRITTEN_TOGETHER):
        return False
    beside_latin = scripts - {"LATIN"}
    if len(beside_latin) > 1 and not any(beside_latin <= together for together in _WRITTEN_TOGETHER):
        return True
    return any(_looks_like_another_script(character, scripts) for character in name)


def _looks_like_another_script(character: str, scripts: set[str]) -> bool:
    own = _script_of(character)
    if own in _NO_SCRIPT or own == "LATIN":
        return False
    prototype = _prototypes()[0].get(character, character)
    return any(_script_of(part) in scripts - {own} for part in prototype)


def _script_of(character: str) -> str:
    # Imported with the first name that is checked: the library's data cost each process 50 ms of its start.
    from confusable_homoglyphs import categories

    return str(categories.alias(character))


@lru_cache(maxsize=1)
def _prototypes() -> tuple[dict[str, str], re.Pattern[str]]:
    """Return the prototype of each look-alike character, and a pattern of the sequences that look like one character.

    The library lists for a prototype all that look like it, and for each of these the prototype.
    """
    from confusable_homoglyphs import confusables

    alike = {one: [other["c"] for other in others] for one, others in confusables.confusables_data.items()}
    prototypes: dict[str, str] = {}
    for one, others in alike.items():
        middle = one if len(others) > 1 else others[0]
        if len(alike[middle]) == 1:
            middle = min(one, middle, key=_preference)
        # "rn" stands for what looks like "m": the letter stands for both.
        letters = [each for each in alike[middle] if len(each) == 1 and each.isascii()]
        prototypes[one] = letters[0] if len(middle) > 1 and letters else middle
    several = [each for each, middle in prototypes.items() if len(each) > 1 and each.isalpha() and each != middle]
    return prototypes, re.compile("|".join(map(re.escape, sorted(several, key=len, reverse=True))))


def _preference(drawn: str) -> tuple[bool, int, str]:
    return not drawn.isascii(), len(drawn), drawn
