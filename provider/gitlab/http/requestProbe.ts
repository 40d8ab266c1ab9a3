import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { TLSSocket, type ConnectionOptions } from "node:tls";
import type { Readable } from "node:stream";

/** Node's TLS socket says whether its handshake is still under way; its types do not. */
type HandshakingSocket = TLSSocket & { secureConnecting?: boolean };

/**
 * Watches one request on its way through Node's HTTP client: whether it may have reached GitLab, and what a proxy said
 * before. It is what axios calls its transport.
 */
export class RequestProbe {
  /** True once the connection stood over which the request goes: from then on it may have arrived. */
  connected = false;
  /** The answer of a proxy to CONNECT. Other than 200, it is the proxy's, not GitLab's. */
  connect: { status: number; statusText: string } | undefined;

  constructor(private readonly tls: ConnectionOptions) {}

  /** Node's `request`, with our TLS options: they are the target's, while the agent's own would be its proxy's too. */
  request = (options: RequestOptions, answered: (answer: IncomingMessage) => void): ClientRequest => {
    const secure = options.protocol === "https:";
    const request = secure ? https.request({ ...options, ...this.tls }, answered) : http.request(options, answered);
    request.once("socket", (socket: Socket) => {
      const leave = (): void => void (this.connected = true);
      // An http request goes over TLS too where its proxy is reached over TLS.
      const handshake = secure || socket instanceof TLSSocket;
      // A fake socket that replays a proxy's refusal never connects, nor does one whose handshake fails. One that a request
      // in the queue is handed stands already, though Node does not call it reused.
      const stands = handshake ? (socket as HandshakingSocket).secureConnecting === false : !socket.connecting;
      if (request.reusedSocket || stands) leave();
      else socket.once(handshake ? "secureConnect" : "connect", leave);
    });
    request.once("proxyConnect", ({ statusCode, statusText }: { statusCode: number; statusText: string }) => {
      this.connect = { status: statusCode, statusText };
    });
    return request;
  };
}

/** A body as far as it was read. */
export interface Body {
  text: string;
  /** It broke off, or its time was up. */
  cut: boolean;
  /** It is longer than what is read of one. */
  oversized: boolean;
}

/** Reads a body to its end, or as far as it comes, but no more than `most` bytes. */
export async function readBody(body: Readable, signal: AbortSignal, most: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  const read = (cut: boolean): Body => ({
    text: Buffer.concat(chunks).toString("utf8", 0, Math.min(length, most)),
    cut,
    oversized: length > most,
  });
  const stop = (): void => void body.destroy(new Error("the time is up"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) stop();
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk as Uint8Array));
      length += (chunk as Uint8Array).length;
      // Leaving the loop closes the connection.
      if (length > most) return read(false);
    }
    return read(false);
  } catch {
    return read(true);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
