import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { refuseUnknownArguments } from "./providerArguments";

/**
 * An explicit provider, for programs that speak to several GitLabs or under several identities. It goes in `opts.provider`,
 * and through components, as any Pulumi provider does. Without one, the stack's configuration and the environment serve.
 *
 * What is left out here comes from the environment (`GITLAB_TOKEN`, `GITLAB_BASE_URL`), then from the default; the stack's
 * configuration does not reach an explicit provider. A changed setting, such as a rotated credential, changes no resource.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { ClusterAgent, Provider } from "pulumi-gitlab-agent";
 *
 * const internal = new Provider("internal", {
 *   baseUrl: "https://gitlab.example.com",
 *   token: new pulumi.Config().requireSecret("internalToken"),
 * });
 * new ClusterAgent("production", { project: "group/app" }, { provider: internal });
 * ```
 */
export class Provider extends pulumi.ProviderResource {
  /** Whether an object is a Provider of this package, also where the package is loaded twice. */
  static override isInstance(object: unknown): object is Provider {
    return (
      typeof object === "object" &&
      object !== null &&
      (object as { __gitlabAgentProvider?: boolean }).__gitlabAgentProvider === true
    );
  }

  /** @internal */
  readonly __gitlabAgentProvider = true;
  /**
   * The settings by their names after `gitlab:`, for the `get…` functions, which run in the program's own process.
   *
   * @internal
   */
  readonly __settings: pulumi.Output<Record<string, string>>;
  /** @internal */
  readonly __providerName: string;

  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    refuseUnknownArguments(name, args);
    const settings = settingsOf(args);
    const restore = keepDeclaringLine(1);
    try {
      super("pulumi-nodejs", name, { ...prefixed(settings), "gitlab:providerName": name }, opts);
    } finally {
      restore();
    }
    this.__providerName = name;
    const all = pulumi.output(settings as pulumi.Inputs) as pulumi.Output<Record<string, string | undefined>>;
    this.__settings = all.apply((known) =>
      Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    );
  }
}

/** The settings of an explicit provider. None of them replaces a resource. */
export interface ProviderArgs {
  /**
   * Where GitLab is, with or without `/api/v4`. Where it is left out beside a `token`, while the stack has a `gitlab:baseUrl`
   * that is not the address which serves instead, that is an error: the credential would go to another GitLab.
   *
   * @default `GITLAB_BASE_URL`, then `CI_API_V4_URL`, then `https://gitlab.com`
   * @example "https://gitlab.example.com"
   */
  baseUrl?: pulumi.Input<string>;
  /**
   * A personal, project or group access token with the scope `api`. Always secret.
   *
   * @default `GITLAB_TOKEN`
   * @example new pulumi.Config().requireSecret("internalToken")
   */
  token?: pulumi.Input<string>;
  /**
   * A file of certificates (PEM) that are trusted besides the system's.
   *
   * @default the system's certificates alone
   * @example "certificates/internal-ca.pem"
   */
  caCertFile?: pulumi.Input<string>;
  /**
   * A client certificate for GitLab itself (PEM file), with `clientKeyFile`.
   *
   * @default none
   * @example "certificates/client.pem"
   */
  clientCertFile?: pulumi.Input<string>;
  /**
   * The private key of `clientCertFile` (PEM file).
   *
   * @default none
   * @example "certificates/client-key.pem"
   */
  clientKeyFile?: pulumi.Input<string>;
  /**
   * Skips the checks of GitLab's TLS certificate, with a warning on every run.
   *
   * @default false
   * @example true
   */
  insecure?: pulumi.Input<boolean>;
  /**
   * Extra headers of every request, such as those that a gateway asks for. Always secret.
   *
   * @default none
   * @example { "CF-Access-Client-Id": config.requireSecret("accessId") }
   */
  headers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * One request's limit, in seconds.
   *
   * @default 30
   * @example 60
   */
  requestTimeout?: pulumi.Input<number>;
  /**
   * One operation's limit over all its requests and waits, in seconds.
   *
   * @default 300
   * @example 600
   */
  operationTimeout?: pulumi.Input<number>;
  /**
   * How often a request is tried again after its first try. Where it is not set, passing trouble (429, 5xx, no answer) is tried again
   * until {@link ProviderArgs.operationTimeout}, and 8 holds for what many tries do not mend.
   *
   * @default 8
   * @example 3
   */
  maxRetries?: pulumi.Input<number>;
  /**
   * Requests under way at once.
   *
   * @default 8
   * @example 4
   */
  maxConcurrency?: pulumi.Input<number>;
  /**
   * Shows each request and answer on one line, without secrets.
   *
   * @default false
   * @example true
   */
  debug?: pulumi.Input<boolean>;
}

/** Settings that are secret whatever the program says. */
const SECRET = ["token", "headers"];

/** A provider's inputs are text on the engine's wire: numbers and objects become JSON. What is null or undefined is not given. */
function settingsOf(args: ProviderArgs): Record<string, pulumi.Output<string | undefined>> {
  const entries = Object.entries(args).filter(([, value]) => value !== undefined && value !== null);
  const settings = Object.fromEntries(
    entries.map(([name, value]) => {
      const given = pulumi.output<string | number | boolean | object | null | undefined>(value as pulumi.Input<string>);
      const text = given.apply((known) => {
        const plain = textOf(known);
        // Such an address is refused, but the state would keep what stands in it.
        const told: pulumi.Input<string | undefined> =
          name === "baseUrl" && /\/\/[^/]*@/.test(plain ?? "") ? pulumi.secret(plain) : plain;
        return told as string | undefined;
      });
      return [name, SECRET.includes(name) ? pulumi.secret(text) : text];
    }),
  );
  const stackBaseUrl = new pulumi.Config("gitlab").get("baseUrl");
  // An address that is an output may turn out not to be given.
  if (stackBaseUrl !== undefined && settings["token"] !== undefined && typeof args.baseUrl !== "string") {
    settings["stackBaseUrl"] = isSecretKey("gitlab:baseUrl")
      ? pulumi.secret(stackBaseUrl)
      : pulumi.output(stackBaseUrl);
  }
  return settings;
}

/** Whether a key of the stack's configuration is secret, which the SDK's types do not show. */
function isSecretKey(key: string): boolean {
  return (pulumi.runtime as { isConfigSecret?: (key: string) => boolean }).isConfigSecret?.(key) ?? true;
}

function textOf(known: string | number | boolean | object | null | undefined): string | undefined {
  if (known === null || known === undefined) return undefined;
  if (typeof known !== "object") return known.toString();
  return JSON.stringify(Object.fromEntries(Object.entries(known).filter(([, part]) => part !== null)));
}

function prefixed(settings: Record<string, pulumi.Output<string | undefined>>): pulumi.Inputs {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`gitlab:${name}`, value]));
}
