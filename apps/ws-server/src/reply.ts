/** The reply to a message: the time now and the pod's address, as the bytes of a text. */
export type Reply = () => Buffer;

/** Makes replies. Those of one millisecond are the same bytes, as making them takes longer than all else about a message. */
export function replies(podIp: string): Reply {
  let madeMs = Number.NaN;
  let bytes = Buffer.alloc(0);
  return () => {
    const nowMs = Date.now();
    if (nowMs !== madeMs) {
      madeMs = nowMs;
      bytes = Buffer.from(JSON.stringify({ timestamp: new Date(nowMs).toISOString(), podIp }));
    }
    return bytes;
  };
}
