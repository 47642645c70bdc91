"""The one form of a password in which it is hashed, however a keyboard composed it. Pure."""

from __future__ import annotations

import unicodedata


def normal_password(typed: str) -> str:
    """Return the password as RFC 8265 (OpaqueString) has it: every space an ordinary one, letters composed (NFC).

    Nothing is refused, cut or folded: a password of any characters stays one.
    """
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in typed)
    return unicodedata.normalize("NFC", spaced)
