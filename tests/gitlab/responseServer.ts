import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { GitLab } from "../../provider/gitlab";
import { clientOf, SkippingClock } from "./client";

/** A server whose responses the simulator never sends, but a proxy between GitLab and us may. */
export class ResponseServer {
  /** The requests, as `METHOD path?query`. */
  readonly seen: string[] = [];
  readonly clock = new SkippingClock();
  #server: Server | undefined;

  /** Starts the server, and returns a client of it. */
  async serve(listener: RequestListener, values: Record<string, string> = {}): Promise<GitLab> {
    const server = createServer((request, response) => {
      this.seen.push(`${request.method} ${request.url}`);
      listener(request, response);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return clientOf({ url, tokens: { maintainer: "glpat-of-the-wire" } }, this.clock, values);
  }

  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}
