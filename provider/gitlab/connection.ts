import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ConnectionOptions } from "node:tls";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import { ConfigurationError } from "./errors";
import type { Redaction } from "./redaction";
import type { Settings } from "./settings";
import { knowsSystemAuthorities, readTrust } from "./trust";

/** How requests reach GitLab: one keep-alive pool, straight or through the proxy of the environment. */
export class Connection {
  readonly agent: HttpAgent;
  /** The proxy's address without its credentials, for messages; undefined where there is none. */
  readonly proxy: string | undefined;
  #tls: ConnectionOptions = {};
  #wide = false;

  /**
   * Opens the pool that the settings and the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) ask for. No connection is
   * made yet.
   *
   * @throws ConfigurationError for a certificate file or a proxy that cannot be used
   */
  constructor(
    private readonly settings: Settings,
    redaction: Redaction,
  ) {
    const secure = settings.baseUrl.startsWith("https:");
    const pool = { keepAlive: true, maxSockets: settings.maxConcurrency, maxFreeSockets: settings.maxConcurrency };
    const proxy = proxyFor(settings.baseUrl);
    if (proxy === undefined) {
      this.agent = secure ? new HttpsAgent(pool) : new HttpAgent(pool);
    } else {
      const headers = proxyHeaders(proxy, redaction);
      // Without credentials: the library prints the address of its proxy where DEBUG is set.
      this.proxy = proxy.origin;
      this.agent = secure
        ? new HttpsProxyAgent(this.proxy, { ...pool, headers })
        : new HttpProxyAgent(this.proxy, { ...pool, headers });
    }
    if (secure) this.#trust();
  }

  /** TLS options for each request to an https GitLab; empty for http. */
  get tls(): ConnectionOptions {
    return this.#tls;
  }

  /**
   * For a certificate that is not trusted by `used`: trusts what the operating system trusts as well.
   *
   * @returns whether more is trusted now, so that another try is worth its while
   */
  widenTrust(used: ConnectionOptions): boolean {
    if (!this.#wide && knowsSystemAuthorities) {
      this.#wide = true;
      this.#trust();
    }
    return this.#tls !== used;
  }

  #trust(): void {
    const trust = readTrust(this.settings, this.#wide);
    this.#tls = trust.gitlab;
    if (this.agent instanceof HttpsProxyAgent && this.agent.proxy.protocol === "https:") {
      Object.assign(this.agent.connectOpts, trust.proxy);
    }
  }
}

function proxyFor(baseUrl: string): URL | undefined {
  const value = getProxyForUrl(baseUrl);
  if (value === "") return undefined;
  const variable = baseUrl.startsWith("https:") ? "HTTPS_PROXY" : "HTTP_PROXY";
  const advice = `Set ${variable} to an address such as http://proxy.example.com:3128, or exempt GitLab's host by NO_PROXY`;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigurationError({ words: `The proxy of the environment (${variable}) is not a URL`, advice });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ConfigurationError({
      words: `The proxy of the environment (${variable}) is not an http(s) proxy`,
      advice,
    });
  }
  return url;
}

function proxyHeaders(proxy: URL, redaction: Redaction): Record<string, string> {
  if (proxy.username === "" && proxy.password === "") return {};
  const user = decodeURIComponent(proxy.username);
  const password = decodeURIComponent(proxy.password);
  const header = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  for (const secret of [proxy.username, proxy.password, user, password]) redaction.add(secret);
  redaction.addHeader(header);
  return { "Proxy-Authorization": header };
}
