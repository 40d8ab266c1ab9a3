import { samePem } from "../inputs/certificates";
import {
  type LostResponseError,
  type ValidationError,
  NotFoundError,
  PermissionError,
  type Operation,
  type WireUrlConfiguration,
} from "../gitlab";
import { ownedByThisProgram, ownersFirst } from "../ownership/heldObjects";
import type { ProjectName } from "../inputs/ids";
import { mayComeLate } from "./lostResponses";
import { RepairedCreation, type Explained } from "./repairedCreation";
import { noSuchAgent, existenceOfAgent, RECEPTIVE_OFF } from "../presence";
import { ProjectAgent } from "../project";
import { registeredHere } from "./clusterAgent";
import { Locks } from "./locks";

/** The declared URL configuration of an agent. */
export interface WantedUrlConfiguration {
  project: ProjectName;
  agentId: number;
  url: string;
  clientCert?: string;
  clientKey?: string;
  caCert?: string;
  tlsHost?: string;
}

/** One creation at a time on an agent, so that two resources cannot record each other's configuration. */
const locks = new Locks<number>();

/** Configurations that a resource already has: no lost request of another resource created them. */
const knownConfigurationIds = new Set<number>();

/** Records that a resource has this configuration. */
export function holdUrlConfiguration(id: unknown): void {
  if (typeof id === "number") knownConfigurationIds.add(id);
}

/**
 * Creates an agent's URL configuration, and ends with exactly one that is ours, or with an error. An agent has at most one. The
 * existing one is looked up before the request: only a configuration that did not exist then can be a lost request's.
 *
 * @param begin starts the operation when its turn comes: waiting for another resource on the agent does not count for its limit
 */
export function createUrlConfiguration(
  begin: () => Operation,
  wanted: WantedUrlConfiguration,
): Promise<WireUrlConfiguration> {
  return locks.run(wanted.agentId, async () => {
    const creation = new UrlConfigurationCreation(new ProjectAgent(begin(), wanted), wanted);
    await creation.assertNone();
    const created = await creation.run();
    holdUrlConfiguration(created.id);
    return created;
  });
}

/** Whether another resource has the configuration, as far as this process knows. */
function isHeldUrlConfiguration(id: number): boolean {
  return knownConfigurationIds.has(id) || ownedByThisProgram("URL configuration", id);
}

const OWN =
  "If it is this resource's own configuration (as with `--replace`), set the resource option `deleteBeforeReplace: true` for that update.";

class UrlConfigurationCreation extends RepairedCreation<WireUrlConfiguration> {
  /** The one that existed before the next request; undefined for none. */
  #before: WireUrlConfiguration | undefined;
  /** Whether it is known what existed before the first request. */
  #beforeIsKnown = true;

  constructor(
    private readonly agent: ProjectAgent,
    private readonly wanted: WantedUrlConfiguration,
  ) {
    super(agent.operation);
  }

  protected create(): Promise<WireUrlConfiguration> {
    const { url, clientCert: client_cert, clientKey: client_key, caCert: ca_cert, tlsHost: tls_host } = this.wanted;
    return this.agent.urlConfigurations.create({ url, client_cert, client_key, ca_cert, tls_host });
  }

  protected async look(lost: LostResponseError): Promise<WireUrlConfiguration | undefined> {
    const found = await this.#existing();
    return found && this.#ours(found, lost);
  }

  protected async lookBeforeRetry(): Promise<void> {
    this.#before = await this.#existing();
  }

  protected isTaken(reason: string): boolean {
    return /already exists/.test(reason);
  }

  protected async resolveTaken(error: ValidationError): Promise<WireUrlConfiguration> {
    const found = await this.#existing();
    if (found === undefined) throw error;
    // No list after a lost request showed it: it appeared later.
    this.#before = found;
    return this.#ours(found, error);
  }

  /** Fails if the agent already has a URL configuration, before any request. */
  async assertNone(): Promise<void> {
    await this.agent.projectId();
    // An agent that this process registered had none before.
    if (registeredHere(this.wanted.agentId)) return;
    try {
      const found = await this.#existing();
      if (found === undefined) return;
      throw this.operation.conflict(
        "URL configuration already exists for this agent, so nothing was sent",
        this.#ownershipOf(found),
      );
    } catch (error) {
      if (!(error instanceof NotFoundError || error instanceof PermissionError)) throw error;
      // The creation gets the same response, or shows that the agent exists by now.
      this.#beforeIsKnown = false;
    }
  }

  /** The configuration that exists after a lost response, if it is ours. Otherwise throws an error that says whose it is. */
  #ours(found: WireUrlConfiguration, error: LostResponseError | ValidationError): WireUrlConfiguration {
    const { wanted } = this;
    const { operation } = this;
    const named = this.lost.some(({ objectId }) => objectId === found.id);
    if (!named) {
      const others = this.lost.length === 0 || !this.#beforeIsKnown || isHeldUrlConfiguration(found.id);
      // One that appeared after the responses were lost can be ours only if GitLab may carry out a request late.
      const cameLater = this.#before?.id === found.id;
      if (others || (cameLater && !this.lost.some(mayComeLate))) throw error.withAdvice(this.#ownershipOf(found));
      const different = differences(found, wanted);
      if (different.length > 0) throw error.withAdvice(this.#notAsWanted(found, different));
    }
    const [first] = this.lost;
    const since = first === undefined ? "" : ` of ${new Date(first.sentAt).toISOString()}`;
    const why = named
      ? "the part of that response that arrived contains its id"
      : "it was not there before that request, says what was asked for, and no other resource has it";
    operation.info(
      `took over URL configuration ${found.id} (${found.url}) of agent ${wanted.agentId} in project ${wanted.project}: it is ours, since the response to our request${since} that created it was lost (${why}).`,
    );
    return found;
  }

  #ownershipOf(found: WireUrlConfiguration): string {
    const { project, agentId } = this.wanted;
    const doubt =
      this.lost.length === 0 || isHeldUrlConfiguration(found.id)
        ? ""
        : " The response to one of our requests was lost, but that request may not have created it, so it was not taken over.";
    const has = `Agent ${agentId} has URL configuration ${found.id} for ${found.url}, and an agent has at most one.${doubt}`;
    if (isHeldUrlConfiguration(found.id)) {
      return `${has} A resource of this stack has it: the ReceptiveUrlConfig whose \`urlConfigurationId\` is ${found.id}. ${ownersFirst("URL configuration", [])}${OWN} If it is another resource, which moves to another agent or is to be removed in the same update, do it in two: take both resources out of the program and run \`pulumi up\`, then declare them in their new places and run \`pulumi up\` again; or set the resource option \`deleteBeforeReplace: true\` on both, and run \`pulumi up --continue-on-error\` until it succeeds.`;
    }
    return `${has} ${ownersFirst("URL configuration", [found.id])}To let Pulumi manage it, set the resource option \`import: "${project}:${agentId}:${found.id}"\`; else delete it first. ${OWN}`;
  }

  #notAsWanted(found: WireUrlConfiguration, different: readonly string[]): string {
    const { project, agentId } = this.wanted;
    return `Agent ${agentId} now has URL configuration ${found.id}, which differs from the declared one in ${different.join(", ")}: somebody else created it, so it was left unchanged. Delete it, or declare its settings and set the resource option \`import: "${project}:${agentId}:${found.id}"\`.`;
  }

  /** If the agent is gone, its URL configuration is gone too. */
  protected async explain(error: NotFoundError): Promise<Explained> {
    const existence = await existenceOfAgent(this.agent, this.agent.agentId);
    if (existence.verdict === "gone") return { error: error.withAdvice(noSuchAgent(this.agent)), nothingLeft: true };
    const advice = existence.verdict === "hidden" ? existence.adviceOnCreation : RECEPTIVE_OFF;
    return { error: error.withAdvice(advice), nothingLeft: false };
  }

  protected leftover(): string {
    return `Agent ${this.wanted.agentId} may have a URL configuration that Pulumi does not know. Run \`pulumi up\` again: it creates one, or reports that the agent has one and how to import it.`;
  }

  async #existing(): Promise<WireUrlConfiguration | undefined> {
    return (await this.agent.urlConfigurations.list())[0];
  }
}

/** The fields in which a URL configuration differs from the declared one; PEM is compared in canonical form. */
export function differences(found: WireUrlConfiguration, wanted: WantedUrlConfiguration): string[] {
  const plain = (text: string | null | undefined) => text ?? undefined;
  const different: string[] = [];
  const has = (value: string | undefined) => `GitLab has ${value === undefined ? "none" : value}`;
  const hasPem = (value: string | undefined) => `GitLab has ${value === undefined ? "none" : "another one"}`;
  const [clientCert, caCert, tlsHost] = [plain(found.client_cert), plain(found.ca_cert), plain(found.tls_host)];
  if (found.url !== wanted.url) different.push(`url (${has(found.url)})`);
  if (!samePem(clientCert, wanted.clientCert)) different.push(`clientCert (${hasPem(clientCert)})`);
  if (!samePem(caCert, wanted.caCert)) different.push(`caCert (${hasPem(caCert)})`);
  if ((tlsHost ?? "") !== (wanted.tlsHost ?? "")) different.push(`tlsHost (${has(tlsHost || undefined)})`);
  return different;
}
