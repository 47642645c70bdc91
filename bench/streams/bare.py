"""The limit of a stream server: `websockets.broadcast` of the lines on standard input, and nothing else."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

from operations.load.programs import run_program

GREETING = '{"epoch":"bare","seq":0,"type":"biome_market_snapshot"}'


async def main(port: int) -> None:
    """Serve until standard input ends."""
    connected: set[ServerConnection] = set()

    async def greet(connection: ServerConnection) -> None:
        connected.add(connection)
        try:
            await connection.send(GREETING)
            await connection.wait_closed()
        finally:
            connected.discard(connection)

    lines = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with serve(greet, "127.0.0.1", port, compression=None, backlog=4096):
        while line := await lines.readline():
            broadcast(connected, line.decode().rstrip())


if __name__ == "__main__":
    run_program(main(int(sys.argv[1])))
