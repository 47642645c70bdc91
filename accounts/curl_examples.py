"""Example shell commands that use a pair of tokens on this very host."""

from __future__ import annotations

import json

from accounts.sign_ins.tokens import TokenPair


def examples_for(pair: TokenPair, *, origin: str) -> dict[str, str]:
    """Return example commands by name, each ready to be pasted. `origin` is such as `https://exchange.example`."""
    api, bearer = f"{origin}/api/v1", f"-H 'Authorization: Bearer {pair['access']}'"
    buy, exchange = _body({"biome": "ocean", "spend": "10"}), _body({"refresh": pair["refresh"]})
    return {
        "wallet": f"curl {api}/wallet \\\n  {bearer}",
        "buy": f"curl {api}/biome-market/buy \\\n  {bearer} \\\n  {buy}",
        "refresh": f"curl {api}/auth/token/refresh \\\n  {exchange}",
    }


def _body(content: dict[str, str]) -> str:
    return f"-H 'Content-Type: application/json' \\\n  -d '{json.dumps(content)}'"
