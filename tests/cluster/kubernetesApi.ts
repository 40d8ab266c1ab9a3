import type { ClientRequest } from "node:http";
import { request } from "node:https";

export type KubernetesObject = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

/** An event of a watch. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: KubernetesObject;
}

/** The Kubernetes API, over HTTPS with a bearer token. */
export class KubernetesApi {
  constructor(
    private readonly port: number,
    private readonly ca: string,
    private readonly token: string,
  ) {}

  /** One object; undefined if there is none. */
  async find(path: string): Promise<KubernetesObject | undefined> {
    const { status, body } = await this.send("GET", path);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as KubernetesObject;
  }

  async list(path: string): Promise<KubernetesObject[]> {
    return ((await this.find(path))?.["items"] ?? []) as KubernetesObject[];
  }

  /** Merges a change into an object. A deleted object is ignored. */
  async merge(path: string, change: object): Promise<void> {
    const { status, body } = await this.send("PATCH", path, change);
    if (status !== 200 && status !== 404) throw new Error(`PATCH ${path}: ${status} ${body}`);
  }

  async remove(path: string): Promise<void> {
    const { status, body } = await this.send("DELETE", path);
    if (![200, 202, 404, 409].includes(status)) throw new Error(`DELETE ${path}: ${status} ${body}`);
  }

  async ready(): Promise<boolean> {
    try {
      return (await this.send("GET", "/readyz")).status === 200;
    } catch {
      return false;
    }
  }

  /**
   * Passes on every event of a list until the returned function is called. The API server ends a watch from time to time, and
   * refuses one while it fills its cache; then the watch starts again, and existing objects come as `ADDED` again.
   */
  watch(path: string, onEvent: (event: WatchEvent) => void): () => void {
    let sent: ClientRequest | undefined;
    let stopped = false;
    const again = () => {
      if (!stopped) setTimeout(begin, 100);
    };
    const begin = () => {
      sent = request(this.options("GET", `${path}?watch=1`), (response) => {
        let rest = "";
        response.setEncoding("utf8").on("data", (piece: string) => {
          const lines = (rest + piece).split("\n");
          rest = lines.pop() ?? "";
          const events = lines.map((line) => JSON.parse(line) as WatchEvent);
          for (const event of events) if (["ADDED", "MODIFIED", "DELETED"].includes(event.type)) onEvent(event);
        });
        response.on("error", () => undefined).on("close", again);
      });
      sent.on("error", again).end();
    };
    begin();
    return () => {
      stopped = true;
      sent?.destroy();
    };
  }

  private send(method: string, path: string, body?: object): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(this.options(method, path), (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body && JSON.stringify(body));
    });
  }

  private options(method: string, path: string) {
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/merge-patch+json" };
    return { host: "127.0.0.1", port: this.port, method, path, ca: this.ca, headers };
  }
}
