import { BlockList, isIP } from "node:net";
import { ConfigurationError } from "../errors";

/** The proxy for requests to GitLab. */
export interface Proxy {
  /** Its address without credentials, such as `http://proxy.example.com:3128`. */
  readonly address: string;
  /** The environment variable that names it. */
  readonly variable: string;
  /** Its own credentials, decoded. The password is secret. */
  readonly credentials?: { user: string; password: string };
}

/**
 * The proxy that the environment names for a GitLab, as curl and Go read it: `https_proxy` for an https GitLab, `http_proxy` for an
 * http one, else `all_proxy`; `no_proxy` for exemptions. Lower case comes before upper case, an empty variable counts as unset,
 * and an address without a scheme is an http proxy. HTTP_PROXY in upper case is ignored if REQUEST_METHOD is set: in CGI
 * a client could set it by its header `Proxy`.
 *
 * @param baseUrl GitLab's address
 * @returns undefined if requests are sent directly to GitLab
 * @throws ConfigurationError if the proxy is unusable; it names the variable and never shows credentials
 * @example proxyFor("https://gitlab.example.com", { HTTPS_PROXY: "proxy:3128" })?.address // "http://proxy:3128"
 */
export function proxyFor(baseUrl: string, env: NodeJS.ProcessEnv = process.env): Proxy | undefined {
  const target = new URL(baseUrl);
  const secure = target.protocol === "https:";
  const underCgi = Boolean(env.REQUEST_METHOD);
  const names = secure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", ...(underCgi ? [] : ["HTTP_PROXY"])];
  const variable = [...names, "all_proxy", "ALL_PROXY"].find((name) => env[name]?.trim());
  if (variable === undefined) return undefined;
  if (isExempt(target, env.no_proxy?.trim() || env.NO_PROXY || "")) return undefined;
  return readProxy(env[variable]?.trim() ?? "", variable);
}

function readProxy(value: string, variable: string): Proxy {
  const refuse = (fault: string, advice?: string): never => {
    throw new ConfigurationError({
      words: `The proxy of the environment (${variable}) ${fault}`,
      advice:
        advice ??
        `Set ${variable} to an address such as http://proxy.example.com:3128, or exempt GitLab's host by NO_PROXY`,
    });
  };
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) return refuse("is not a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return refuse("is not an http(s) proxy");
  const encode =
    `Write special characters of its user and password URL-encoded in ${variable}: %25 for a percent sign, %40 for @, ` +
    "%2F for /, %23 for #";
  // "http://user:pass/word@proxy" has the host "user".
  if (`${url.pathname}${url.search}${url.hash}`.includes("@")) {
    return refuse("has a user or password with a character that ends it too early", encode);
  }
  if (/%(?![0-9a-f]{2})/i.test(url.username + url.password)) {
    return refuse("has a percent sign in its user or password that begins no URL-encoded character", encode);
  }
  const proxy = { address: url.origin, variable };
  if (url.username === "" && url.password === "") return proxy;
  try {
    const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return { ...proxy, credentials: { user, password } };
  } catch {
    return refuse("has a user or password whose URL-encoded characters are not UTF-8", encode);
  }
}

/**
 * Whether `NO_PROXY` exempts the target. Its entries, separated by commas or spaces, in upper or lower case, are
 * - `*`: everything;
 * - a domain, with or without a dot before it: the domain and its subdomains; `*.domain`: only its subdomains;
 * - an IP address, IPv6 with or without brackets: that address, in any spelling;
 * - an IP range such as `10.0.0.0/8`: addresses in it; host names are not resolved;
 * - each except a range with `:port` appended: only that port.
 */
function isExempt(target: URL, noProxy: string): boolean {
  const host = bare(target.hostname);
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", only] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [undefined, entry];
      if (only !== undefined && Number(only) !== Number(port)) return false;
      return isIP(host) === 0 ? coversName(name, host) : coversAddress(name, host);
    });
}

function coversName(entry: string, host: string): boolean {
  const subdomainsOnly = entry.startsWith("*.");
  const domain = bare(entry.replace(/^\*?\./, ""));
  if (domain === "") return false;
  return (!subdomainsOnly && host === domain) || host.endsWith(`.${domain}`);
}

function coversAddress(entry: string, host: string): boolean {
  const [text = "", prefix] = entry.split("/");
  const address = bare(text);
  const family = isIP(address);
  if (family === 0) return false;
  const longest = family === 4 ? 32 : 128;
  const bits = prefix === undefined ? longest : /^\d+$/.test(prefix) ? Number(prefix) : NaN;
  if (!(bits <= longest)) return false;
  const range = new BlockList();
  range.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  return range.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}

/** A host without the brackets of IPv6 and without the dot that may end a name. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}
