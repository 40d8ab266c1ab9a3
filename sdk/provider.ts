import * as pulumi from "@pulumi/pulumi";
import { keepDeclaringLine } from "./callSite";
import { refuseUnknownArguments } from "./providerArguments";

/**
 * An explicit provider, for programs that use several GitLabs or several credentials. Pass it as `opts.provider`,
 * or to a component, like any Pulumi provider. Without one, resources use the stack's configuration and the environment.
 *
 * Settings that are not given come from the environment (`GITLAB_TOKEN`, `GITLAB_BASE_URL`), then from the default. An explicit
 * provider does not read the stack's configuration. Changing a setting, such as a rotated credential, changes no resource.
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
  /** Whether an object is a Provider of this package, also if the package is loaded twice. */
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
   * GitLab's address, with or without `/api/v4`. It is an error to set `token` without it if the stack's `gitlab:baseUrl` is
   * another address than the default below: the credential would go to the wrong GitLab.
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
   * A file of CA certificates (PEM) to trust in addition to the system's.
   *
   * @default only the system's certificates
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
   * Disables verification of GitLab's TLS certificate, with a warning on every run.
   *
   * @default false
   * @example true
   */
  insecure?: pulumi.Input<boolean>;
  /**
   * Extra headers for every request, for example for a gateway. Always secret.
   *
   * @default none
   * @example { "CF-Access-Client-Id": config.requireSecret("accessId") }
   */
  headers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * The time limit of one request in seconds.
   *
   * @default 30
   * @example 60
   */
  requestTimeout?: pulumi.Input<number>;
  /**
   * The time limit of one operation, with all its requests and waits, in seconds.
   *
   * @default 300
   * @example 600
   */
  operationTimeout?: pulumi.Input<number>;
  /**
   * How often a request is retried after the first try. If it is not set, temporary failures (429, 5xx, no response) are retried
   * until {@link ProviderArgs.operationTimeout}, and 8 limits the retries of other failures.
   *
   * @default 8
   * @example 3
   */
  maxRetries?: pulumi.Input<number>;
  /**
   * How many requests run at the same time.
   *
   * @default 8
   * @example 4
   */
  maxConcurrency?: pulumi.Input<number>;
  /**
   * Logs each request and its response on one line, without secrets.
   *
   * @default false
   * @example true
   */
  debug?: pulumi.Input<boolean>;
}

/** Settings that are secret whatever the program says. */
const SECRET = ["token", "headers"];

/** The engine passes a provider's inputs as text: numbers and objects become JSON. Null and undefined count as not given. */
function settingsOf(args: ProviderArgs): Record<string, pulumi.Output<string | undefined>> {
  const entries = Object.entries(args).filter(([, value]) => value !== undefined && value !== null);
  const settings = Object.fromEntries(
    entries.map(([name, value]) => {
      const given = pulumi.output<string | number | boolean | object | null | undefined>(value as pulumi.Input<string>);
      const text = given.apply((known) => {
        const plain = textOf(known);
        // An address with credentials is refused, but the state would keep it.
        const kept: pulumi.Input<string | undefined> =
          name === "baseUrl" && /\/\/[^/]*@/.test(plain ?? "") ? pulumi.secret(plain) : plain;
        return kept as string | undefined;
      });
      return [name, SECRET.includes(name) ? pulumi.secret(text) : text];
    }),
  );
  const stackBaseUrl = new pulumi.Config("gitlab").get("baseUrl");
  // An address that is an output may turn out to be undefined.
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
