import {
  CheckFailure,
  CheckResponse,
  ConfigureResponse,
  DiffResponse,
  type CheckRequest,
  type ConfigureRequest,
  type DiffRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { useSettings } from "../../configuration";
import { ALIASES, likelyMeant, SETTING_NAMES, withCode, type SettingName } from "../../gitlab";
import { isUnknown, type Properties } from "../../inputs/properties";
import { canonicalJson } from "../../inputs/normalization";
import { childrenUse } from "./component";
import { markSecrets, plain, received, sent } from "./wire";

/** Settings that are always secret. */
const SECRETS = ["token", "headers"];

/** Inputs that the engine itself adds to a provider. */
const OF_THE_ENGINE = ["version", "pluginDownloadURL", "pluginChecksums"];

/**
 * Checks the provider's own inputs. Credential and headers are secret in the state, also if the configuration has plain ones. Unknown
 * arguments of an explicit provider are refused. The stack's configuration may have keys of other providers: keys that look
 * misspelt cause a warning.
 */
export function checkConfig(request: CheckRequest): CheckResponse {
  const news = plain(request.getNews());
  // Such an address is refused, but the state would keep the credential in it.
  const holdsCredential = typeof news["baseUrl"] === "string" && /\/\/[^/]*@/.test(news["baseUrl"]);
  const secrets = holdsCredential ? [...SECRETS, "baseUrl"] : SECRETS;
  const response = new CheckResponse().setInputs(sent(news, secrets, received(request.getNews())));
  if (explicitName(request.getUrn()) === undefined) return response;
  for (const name of settingsIn(news).keys) {
    if ((SETTING_NAMES as readonly string[]).includes(name)) continue;
    const [ours] = Object.entries(ALIASES).find(([, alias]) => alias === name) ?? [likelyMeant(name)];
    const meant = ours === undefined ? "" : ` Did you mean \`${ours}\`?`;
    const known = SETTING_NAMES.map((setting) => `\`${setting}\``).join(", ");
    const reason = `\`${name}\` is not an argument of the provider gitlab-agent.${meant} Its arguments are ${known}.`;
    response.addFailures(new CheckFailure().setReason(withCode(reason)));
  }
  return response;
}

/** A changed setting replaces nothing. The engine also calls this if a resource moves to another provider. */
export function diffConfig(request: DiffRequest): DiffResponse {
  const [olds, news] = [plain(request.getOldInputs() ?? request.getOlds()), plain(request.getNews())];
  const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
    (name) => canonicalJson(olds[name]) !== canonicalJson(news[name]),
  );
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  return new DiffResponse().setChanges(names.length === 0 ? DIFF_NONE : DIFF_SOME).setDiffsList(names);
}

/**
 * Records the settings of this process: the engine starts one for each explicit provider, and one for the stack's configuration.
 * Check, or the first request, reports invalid settings.
 */
export function configure(request: ConfigureRequest): ConfigureResponse {
  markSecrets(request.getAcceptsecrets());
  const { values, keys } = settingsIn(plain(request.getArgs()));
  const provider = explicitName(request.getUrn());
  childrenUse(nameIn(request.getUrn()));
  const stackBaseUrl = values["baseUrl"] === undefined ? baseUrlOfStack() : undefined;
  useSettings({
    namespace: "gitlab-agent",
    values,
    keys,
    ...(provider === undefined ? {} : { provider }),
    ...(provider === undefined || stackBaseUrl === undefined ? {} : { stackBaseUrl }),
  });
  const response = new ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setSupportspreview(true);
  response.setAcceptresources(true);
  response.setAcceptoutputs(true);
  response.setSupportsAutonamingConfiguration(true);
  return response;
}

/** Settings as text (numbers, flags and objects of a program become JSON), and every given key. */
function settingsIn(args: Properties): { values: Partial<Record<SettingName, string>>; keys: string[] } {
  const given = Object.entries(args).filter(
    ([name, value]) => value !== null && !OF_THE_ENGINE.includes(name) && !name.startsWith("__"),
  );
  const known = given.filter(
    ([name, value]) => (SETTING_NAMES as readonly string[]).includes(name) && !isUnknown(value),
  );
  return {
    values: Object.fromEntries(
      known.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
    keys: given.map(([name]) => name),
  };
}

/** The name of an explicit provider; undefined for the stack's configuration, or if the engine does not say. */
function explicitName(urn = ""): string | undefined {
  const name = nameIn(urn);
  return name === "" || /^default(_\d.*)?$/.test(name) ? undefined : name;
}

/** The name in the URN of a provider; empty if the engine does not say. */
const nameIn = (urn = ""): string => urn.split("::").slice(3).join("::");

/** The stack's address, which does not serve an explicit provider. The engine hands every plugin the stack's keys of its namespace. */
function baseUrlOfStack(): string | undefined {
  try {
    const config = JSON.parse(process.env["PULUMI_CONFIG"] ?? "{}") as Record<string, unknown>;
    const value = config["baseUrl"];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
