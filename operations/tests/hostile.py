"""Hostile values for fields of numbers and texts. Each is refused wherever a number or a text is asked for."""

from __future__ import annotations

#: No amounts, as they are typed: into forms, addresses, and strings of JSON.
NO_AMOUNTS = {
    "above 64 bits": "9223372036854775808",
    "above 64 bits in micro-BDT": "9223372036854.775808",
    "many digits": "9" * 400,
    "negative": "-1",
    "negative zero": "-0",
    "zero": "0",
    "zero with places": "0.000000",
    "a seventh place": "0.0000001",
    "many places": "1." + "0" * 400,
    "NaN": "NaN",
    "signalling NaN": "sNaN",
    "infinity": "Infinity",
    "short infinity": "inf",
    "a large exponent": "1e400",
    "a small exponent": "1e-400",
    "an exponent": "1E2",
    "a leading plus": "+1",
    "a leading point": ".5",
    "a trailing point": "5.",
    "two points": "1.2.3",
    "a comma": "1,5",
    "grouped": "1,000",
    "underscored": "1_000",
    "hexadecimal": "0x10",
    "octal": "0o17",
    "a fraction": "1/2",
    "Arabic-Indic digits": "\u0661\u0662",
    "full-width digits": "\uff11\uff12",
    "Devanagari digits": "\u0967",
    "a superscript": "\u00b2",
    "a space inside": "1 2",
    "words": "all",
    "HTML": "<b>1</b>",
    "SQL": "1; DROP TABLE transactions",
}
#: Of these, what people mean when they type it: forms on pages read it, the API does not.
TYPED_AMOUNTS = {
    "a leading plus",
    "a leading point",
    "a trailing point",
    "a comma",
    "Arabic-Indic digits",
    "full-width digits",
    "Devanagari digits",
}
NO_TYPED_AMOUNTS = {name: typed for name, typed in NO_AMOUNTS.items() if name not in TYPED_AMOUNTS}
#: Neither amounts, texts nor whole numbers.
NO_SCALARS = {
    "true": True,
    "false": False,
    "null": None,
    "a list": ["1"],
    "an object": {"amount": "1"},
    "an empty list": [],
}
#: Numbers of JSON that are no whole numbers within 64 bits.
NO_WHOLE_NUMBERS = {
    "a part": 1.5,
    "above 64 bits": 2**64,
    "a large exponent": 1e300,
    "negative": -1,
    "negative, 64 bits": -(2**63),
    "text": "1",
}
#: No text, or none that can be kept.
NO_TEXTS = {
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "too long": "x" * 5000,
    "a number": 7,
}
#: What a page, a spreadsheet or a template must show and not obey.
MARKUP = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}{% load x %}",
    '=HYPERLINK("http://evil.example")',
    "javascript:alert(1)",
)
