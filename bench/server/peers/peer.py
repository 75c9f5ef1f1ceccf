"""A WebSocket server with `websockets` that answers like apps/ws-server."""

import asyncio
import json
import os
from datetime import datetime, timezone

from websockets.asyncio.server import serve

POD_IP = os.environ["POD_IP"]


async def answer(socket):
    async for _ in socket:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await socket.send(json.dumps({"timestamp": now, "podIp": POD_IP}))


async def main():
    host, port = os.environ["HOST"], int(os.environ["PORT"])
    options = {"compression": None, "max_size": 4096, "ping_interval": 25, "ping_timeout": 25, "backlog": 4096}
    async with serve(answer, host, port, **options) as server:
        await server.serve_forever()


asyncio.run(main())
