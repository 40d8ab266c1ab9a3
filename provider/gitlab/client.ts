import type { WireAgentToken } from "./api/agentTokens";
import { namesOfList, type WireClusterAgent } from "./api/clusterAgents";
import { logDebug } from "./http/debugLine";
import { ConfigurationError } from "./errors";
import { BatchedReads } from "./api/batchedReads";
import { KeptLists } from "./api/keptLists";
import { startOperation, type Operation, type Shared } from "./operation";
import { Redaction } from "./redaction";
import { PROCESS_RUNTIME, runtimeWith, type Runtime } from "./runtime";
import { ServerClock } from "./http/serverClock";
import { describeSettings, insecureWarning, plainHttpWarning, discreet } from "./settings/resolveSettings";
import type { Settings } from "./settings/settings";
import { CUSTOM_TIMEOUTS } from "./settings/settingKeys";
import type { Transport } from "./http/transport";
import type { CertificateForm } from "./api/urlConfigurations";

/** One GitLab with one credential. */
export interface GitLab {
  readonly settings: Settings;
  /**
   * Starts an operation.
   *
   * @param what completes "Could not …", such as `create token "blue" of agent 7 in project group/app`
   * @param limit seconds that all its requests and waits may take together; default: `gitlab:operationTimeout`
   * @example
   * const operation = gitlab.begin("read agent 7 in project group/app");
   * const agent = await operation.agents.read("group/app", 7);
   */
  begin(what: string, limit?: number): Operation;
}

/** What the operations of one configuration share: connections, gate, clock, shared reads, redaction. */
export class Client implements GitLab, Shared {
  readonly redaction = new Redaction();
  readonly clock = new ServerClock();
  readonly certificateForm: CertificateForm = { base64: false };
  readonly agentReads: BatchedReads<WireClusterAgent>;
  readonly agentLists: KeptLists<WireClusterAgent>;
  readonly tokenReads: BatchedReads<WireAgentToken>;
  #transport: Promise<Transport> | undefined;

  constructor(
    readonly settings: Settings,
    readonly runtime: Runtime,
  ) {
    this.agentLists = new KeptLists(runtime);
    this.agentReads = new BatchedReads(runtime, this.agentLists, namesOfList);
    this.tokenReads = new BatchedReads(runtime);
    this.redaction.add(settings.token);
    for (const value of Object.values(settings.headers)) this.redaction.addHeader(value);
    for (const warning of [insecureWarning(settings), plainHttpWarning(settings)]) {
      if (warning !== undefined) runtime.warn(warning);
    }
  }

  begin(what: string, limit?: number): Operation {
    return startOperation(this, what, limit);
  }

  async transport(what: string): Promise<Transport> {
    try {
      return await (this.#transport ??= this.#open());
    } catch (error) {
      if (error instanceof ConfigurationError) throw error.copyFor(what);
      throw error;
    }
  }

  /** Created at the first request, so that previews without requests never load the HTTP library. */
  async #open(): Promise<Transport> {
    const { Transport } = await import("./http/transport");
    if (this.settings.debug) logDebug(this, `settings: ${describeSettings(this.settings)}`);
    return new Transport(this.settings, this.runtime, this.clock, this.redaction);
  }
}

/**
 * The same GitLab, with another limit for each operation: that of the resource option `customTimeouts`. All else is shared.
 *
 * @param seconds takes the place of `operationTimeout`
 */
export function limitedTo(gitlab: GitLab, seconds: number): GitLab {
  if (!(gitlab instanceof Client)) return gitlab;
  const sources = { ...gitlab.settings.sources, operationTimeout: CUSTOM_TIMEOUTS };
  const settings = discreet({ ...gitlab.settings, operationTimeout: seconds, sources });
  return { settings, begin: (what, limit) => startOperation(gitlab, what, limit, settings) };
}

const clients = new Map<string, Client>();

/**
 * The client for these settings: one for each distinct configuration in the process, so that its resources share one
 * connection pool. Cheap to call; sends nothing.
 *
 * @param runtime clocks, sleep, randomness and output instead of the process's own; such a client is not shared
 * @example openGitLab(resolveSettings(input)).begin("list the agents of project 42").agents.list(42)
 */
export function openGitLab(settings: Settings, runtime?: Partial<Runtime>): GitLab {
  if (runtime !== undefined) return new Client(settings, runtimeWith(runtime));
  const key = JSON.stringify(settings);
  let client = clients.get(key);
  if (client === undefined) clients.set(key, (client = new Client(settings, PROCESS_RUNTIME)));
  return client;
}
