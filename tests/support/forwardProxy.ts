import { spawn } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { cleanEnvironment } from "./processes";

/** A request that a proxy received. */
export interface ProxiedRequest {
  /** Host and port of the target. */
  host: string;
  /** Whether it used CONNECT, as for https; otherwise the proxy forwarded the request itself. */
  tunnel: boolean;
  /** Whether it had the proxy's credentials, if the proxy requires them. */
  admitted: boolean;
}

/** A running forward proxy. */
export interface ForwardProxy {
  /** Its port on 127.0.0.1. */
  port: number;
  /** Its address, with the required credentials. */
  url: string;
  /** All requests, oldest first. */
  requests: ProxiedRequest[];
  close(): void;
}

/**
 * Starts a forward proxy in a new process.
 *
 * @param credentials `user:password`, as in a URL, without which it responds 407; undefined: it serves everybody
 * @example const proxy = await startForwardProxy("platform:s3cret");
 */
export async function startForwardProxy(credentials?: string): Promise<ForwardProxy> {
  const script = path.join(__dirname, "forwardProxyProcess.mjs");
  const wanted = credentials === undefined ? [] : [decodeURIComponent(credentials)];
  const child = spawn(process.execPath, [script, ...wanted], {
    env: cleanEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const requests: ProxiedRequest[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the forward proxy ended with code ${code}`)));
    lines.once("line", (line) => {
      resolve(Number(line));
      lines.on("line", (next) => requests.push(JSON.parse(next) as ProxiedRequest));
    });
  });
  const account = credentials === undefined ? "" : `${credentials}@`;
  return { port, url: `http://${account}127.0.0.1:${port}`, requests, close: () => void child.kill() };
}
