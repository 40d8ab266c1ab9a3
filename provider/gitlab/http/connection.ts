import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { proxyFor, type Proxy } from "../settings/proxy";
import type { Redaction } from "../redaction";
import type { Settings } from "../settings/settings";
import { knowsSystemAuthorities, readTrust } from "../settings/trust";

/** How requests reach GitLab: one keep-alive pool, directly or through the environment's proxy. */
export class Connection {
  readonly agent: HttpAgent;
  /** Undefined where there is none. */
  readonly proxy: Proxy | undefined;
  readonly #secure: boolean;
  #tls: ConnectionOptions = {};
  #wide = false;

  /**
   * Creates the pool for the settings and the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). It does not connect yet.
   *
   * @throws ConfigurationError for a certificate file or a proxy that cannot be used
   */
  constructor(
    private readonly settings: Settings,
    redaction: Redaction,
  ) {
    const secure = settings.baseUrl.startsWith("https:");
    this.#secure = secure;
    const pool = { keepAlive: true, maxSockets: settings.maxConcurrency, maxFreeSockets: settings.maxConcurrency };
    this.proxy = proxyFor(settings.baseUrl);
    if (this.proxy === undefined) {
      this.agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
    } else {
      const headers = proxyHeaders(this.proxy, redaction);
      // Without credentials: the library prints the address of its proxy if DEBUG is set.
      const { address } = this.proxy;
      this.agent = secure
        ? new HttpsProxyAgent(address, { ...pool, headers })
        : new HttpProxyAgent(address, { ...pool, headers });
    }
    if (secure || this.proxyIsSecure) this.#trust();
  }

  /** TLS options for each request to an https GitLab; empty for http. */
  get tls(): ConnectionOptions {
    return this.#tls;
  }

  /** Whether the proxy itself is reached over TLS. */
  get proxyIsSecure(): boolean {
    return this.proxy?.address.startsWith("https:") ?? false;
  }

  /**
   * After an untrusted certificate: also trusts the operating system's CAs.
   *
   * @param wide whether they were already trusted when the connection was tried
   * @returns whether more CAs are trusted now, so that another try makes sense
   */
  widenTrust(wide: boolean): boolean {
    if (!this.#wide && knowsSystemAuthorities) {
      this.#wide = true;
      this.#trust();
    }
    return this.#wide !== wide;
  }

  /** Whether the operating system's CAs are trusted. */
  get wide(): boolean {
    return this.#wide;
  }

  #trust(): void {
    const trust = readTrust(this.settings, this.#wide);
    if (this.#secure) this.#tls = trust.gitlab;
    const { agent } = this;
    if (this.proxyIsSecure && (agent instanceof HttpsProxyAgent || agent instanceof HttpProxyAgent)) {
      Object.assign(agent.connectOpts, trust.proxy);
    }
  }
}

function proxyHeaders({ credentials }: Proxy, redaction: Redaction): Record<string, string> {
  if (credentials === undefined) return {};
  const { user, password } = credentials;
  const header = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  redaction.add(user);
  redaction.add(password);
  redaction.addHeader(header);
  return { "Proxy-Authorization": header };
}
