"""The normal form in which passwords are hashed, however a keyboard composed them. Pure."""

from __future__ import annotations

import unicodedata


def normal_password(typed: str) -> str:
    """Return the password in the form of RFC 8265 (OpaqueString): every space an ordinary one, letters composed (NFC).

    Nothing is refused, cut or folded: a password may hold any characters.
    """
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in typed)
    return unicodedata.normalize("NFC", spaced)
