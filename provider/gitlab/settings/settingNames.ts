import { distance } from "fastest-levenshtein";
import { DEFAULT_NAMESPACE } from "./settingKeys";
import { SETTING_NAMES, type Namespace, type SettingName } from "./settings";

/**
 * The names that Pulumi's GitLab provider has for our settings: its `clientCert` and `clientKey` are paths of files, too.
 * They are read from the stack's configuration if our own name is not set.
 */
export const ALIASES: Readonly<Partial<Record<SettingName, string>>> = {
  caCertFile: "cacertFile",
  clientCertFile: "clientCert",
  clientKeyFile: "clientKey",
};

/** Keys of Pulumi's GitLab provider that are ignored here, without a warning, since both providers share the configuration. */
const OF_PULUMIS_GITLAB_PROVIDER = new Set([
  "configfile",
  "context",
  "earlyauthcheck",
  "enableautocisupport",
  "retries",
  "version",
  "plugindownloadurl",
]);

/** Other words for our settings, without case and punctuation. */
const SYNONYMS: Readonly<Record<string, SettingName>> = {
  url: "baseUrl",
  host: "baseUrl",
  hostname: "baseUrl",
  server: "baseUrl",
  serverurl: "baseUrl",
  endpoint: "baseUrl",
  address: "baseUrl",
  apiurl: "baseUrl",
  gitlaburl: "baseUrl",
  gitlabbaseurl: "baseUrl",
  accesstoken: "token",
  apitoken: "token",
  apikey: "token",
  authtoken: "token",
  privatetoken: "token",
  personalaccesstoken: "token",
  gitlabtoken: "token",
  pat: "token",
  password: "token",
  secret: "token",
  credential: "token",
  credentials: "token",
  ca: "caCertFile",
  cafile: "caCertFile",
  cacert: "caCertFile",
  cabundle: "caCertFile",
  cacertificate: "caCertFile",
  clientcert: "clientCertFile",
  clientcertificate: "clientCertFile",
  clientcertificatefile: "clientCertFile",
  certfile: "clientCertFile",
  clientkey: "clientKeyFile",
  keyfile: "clientKeyFile",
  skiptls: "insecure",
  skiptlsverify: "insecure",
  insecureskipverify: "insecure",
  insecureskiptlsverify: "insecure",
  tlsinsecure: "insecure",
  sslverify: "insecure",
  header: "headers",
  extraheaders: "headers",
  httpheaders: "headers",
  timeout: "requestTimeout",
  requestlimit: "requestTimeout",
  httptimeout: "requestTimeout",
  maxretry: "maxRetries",
  retry: "maxRetries",
  retrylimit: "maxRetries",
  maxtries: "maxRetries",
  concurrency: "maxConcurrency",
  parallel: "maxConcurrency",
  parallelism: "maxConcurrency",
  maxconnections: "maxConcurrency",
  verbose: "debug",
};

/**
 * The setting that `gitlab:<key>` most likely means.
 *
 * @param key the part after `gitlab:`
 * @returns the name of our setting, or undefined if the key is ours, is an ignored one of Pulumi's GitLab provider,
 *   or is similar to none
 * @example likelyMeant("base_url") // "baseUrl"
 */
export function likelyMeant(key: string): SettingName | undefined {
  if ((SETTING_NAMES as readonly string[]).includes(key) || Object.values(ALIASES).includes(key)) return undefined;
  const bare = plain(key);
  if (bare === "" || OF_PULUMIS_GITLAB_PROVIDER.has(bare)) return undefined;
  const synonym = Object.hasOwn(SYNONYMS, bare) ? SYNONYMS[bare] : undefined;
  if (synonym !== undefined) return synonym;
  const [nearest] = nearestFirst(bare, SETTING_NAMES);
  // One or two typing errors in a long word, one in a short one: "tokens" means "token", "team" does not.
  return nearest !== undefined && nearest.distance <= (nearest.name.length >= 8 ? 2 : 1) ? nearest.name : undefined;
}

/** A key that is not a setting, and the setting that was likely meant. */
export interface Misspelling {
  readonly key: string;
  readonly meant: SettingName;
}

/**
 * The keys that look like misspelt settings. Both spellings may be set: the other one can belong to another provider or to the
 * program.
 *
 * @param keys the parts after `gitlab:` of all keys in one place
 * @example misspellings(["base_url", "team"]) // [{ key: "base_url", meant: "baseUrl" }]
 */
export function misspellings(keys: readonly string[]): Misspelling[] {
  return keys.flatMap((key) => {
    const meant = likelyMeant(key);
    return meant === undefined || keys.includes(meant) ? [] : [{ key, meant }];
  });
}

/** The warning about a misspelt setting that was given in the place `source`. */
export function misspellingWarning(
  source: string,
  meant: SettingName,
  provider: string | undefined,
  namespace: Namespace = DEFAULT_NAMESPACE,
): string {
  const name = provider === undefined ? `${namespace}:${meant}` : meant;
  return `${source} is not a setting of pulumi-gitlab-agent and is ignored. Did you mean \`${name}\`?`;
}

/** A name, with the number of letters by which it differs from a word, ignoring case and punctuation. */
export interface NearName<Name extends string> {
  name: Name;
  distance: number;
}

/** Names by their nearness to a word, the nearest first; equally near ones in the order in which they were given. */
export function nearestFirst<Name extends string>(word: string, names: readonly Name[]): NearName<Name>[] {
  return names
    .map((name) => ({ name, distance: distance(plain(word), plain(name)) }))
    .sort((one, other) => one.distance - other.distance);
}

/** A word in lower case, without punctuation. */
export function plain(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, "");
}
