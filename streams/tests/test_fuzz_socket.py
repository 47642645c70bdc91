"""A socket answers any input with an error or a documented close, and the next client is served."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from accounts.models import User
from streams.socket import StreamConsumer
from streams.tests.sockets import OpenSocket, Socket
from streams.tests.test_socket import token_of

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "40"))

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e308, 0.1])
    | st.floats()
    | st.text()
    | st.sampled_from(["ocean", "biome_market_all", "biome_player_1", "marketplace_all"])
)
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
fields = st.sampled_from(["room", "rooms", "epoch", "seq", "biome", "points", "action", "x"])
actions = st.sampled_from([*StreamConsumer.actions, "connect", "serve", "_do", "__class__", ""])
messages = st.builds(
    lambda action, content: json.dumps({"action": action, **content}),
    actions | anything,
    st.dictionaries(fields, anything, max_size=4),
)
HOSTILE = [
    "",
    "{",
    "null",
    "[]",
    "NaN",
    '{"action": NaN}',
    '{"action": "ping", "action": "resume"}',
    '{"action": "\\ud800"}',
    '{"action": "attention", "biome": "\\ud800", "points": 1}',
    "[" * 2000 + "]" * 2000,
    '{"a":' * 600 + "1" + "}" * 600,
    '{"action": "resume", "epoch": "x", "seq": ' + "9" * 3000 + "}",
    '{"action": "attention", "biome": "ocean", "points": 1e400}',
    "x" * 5000,
    "\x00" * 100,
    b"\x00\xff\xfe",
    b"{}",
]


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    settings.STREAM_MESSAGES_PER_SEC = 1_000_000


async def answered(socket: Socket, message: str | bytes) -> None:
    """Send text, then a ping: replies before the pong are its answers, and the socket is still open."""
    kind = "bytes" if isinstance(message, bytes) else "text"
    await socket.wire.send_input({"type": "websocket.receive", kind: message})
    await socket.say("ping")
    while (answer := await socket.hear())["type"] != "pong":
        assert answer["type"] in KNOWN, answer
        if answer["type"] == "error":
            assert answer["code"].isidentifier()


KNOWN = {
    "error",
    "attention",
    "biome_market_snapshot",
    "marketplace_joined",
    "resync",
    "biome_attention_update",
    "biome_market_update",
}


@pytest.mark.parametrize("message", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("is_player", [True, False])
async def test_what_is_known_to_hurt(
    open_socket: OpenSocket, markets: None, alice: User, message: str | bytes, is_player: bool
) -> None:
    await answered(await open_socket(token_of(alice) if is_player else ""), message)


async def test_whatever_is_said(open_socket: OpenSocket, markets: None, alice: User) -> None:
    socket = await open_socket(token_of(alice))
    loop = asyncio.get_running_loop()
    said: list[str] = []

    @hypothesis.settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(messages | anything.map(json.dumps) | st.text())
    def collect(message: str) -> None:
        said.append(message)

    await loop.run_in_executor(None, collect)
    for message in said:
        await answered(socket, message)
    gc.collect()
    waiting = [task for task in asyncio.all_tasks() if not task.done()]
    # The reader, the writer, what serves this one socket, and this test: none for what was said.
    assert len(waiting) < 15
