import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import { TLSSocket, type ConnectionOptions } from "node:tls";
import type { Readable } from "node:stream";

/** Node's TLS socket has a property for a running handshake, which its types lack. */
type HandshakingSocket = TLSSocket & { secureConnecting?: boolean };

/**
 * Observes one request in Node's HTTP client: whether it may have reached GitLab, and what a proxy responded
 * before. axios uses it as its transport.
 */
export class RequestProbe {
  /** True once the request's connection is established: from then on the request may have arrived. */
  connected = false;
  /** The status of a proxy's response to CONNECT. If it is not 200, the response is the proxy's, not GitLab's. */
  connect: { status: number; statusText: string } | undefined;

  constructor(private readonly tls: ConnectionOptions) {}

  /** Node's `request` with our TLS options, which are for the target; the agent's own options would apply to its proxy too. */
  request = (options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest => {
    const secure = options.protocol === "https:";
    const request = secure ? https.request({ ...options, ...this.tls }, onResponse) : http.request(options, onResponse);
    request.once("socket", (socket: Socket) => {
      const leave = (): void => void (this.connected = true);
      // An http request also uses TLS if its proxy is reached over TLS.
      const handshake = secure || socket instanceof TLSSocket;
      // A fake socket that replays a proxy's refusal never connects, and neither does one whose handshake fails. A socket that a
      // queued request gets is already connected, although Node does not call it reused.
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

/** The part of a body that was read. */
export interface Body {
  text: string;
  /** Whether it was truncated, or its time limit passed. */
  cut: boolean;
  /** Whether it is longer than the limit. */
  oversized: boolean;
}

/** Reads a body to its end, or as much as arrives, but at most `most` bytes. */
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
