import { Mutex } from "async-mutex";
import { samePem } from "./certificates";
import {
  LostAnswerError,
  NotFoundError,
  ValidationError,
  type GitLabError,
  type NewUrlConfiguration,
  type Operation,
  type WireUrlConfiguration,
} from "./gitlab";
import type { ProjectName } from "./ids";
import { assertAnotherTry, lookedInto, pause, settlingPause, withLeftover } from "./lostAnswers";
import { noSuchAgent, presenceOfAgent, RECEPTIVE_OFF } from "./presence";
import { meetProject, numericProject, throughMoves } from "./projects";

/** What a program wants of an agent's URL configuration. */
export interface WantedUrlConfiguration {
  project: ProjectName;
  agentId: number;
  url: string;
  clientCert?: string;
  clientKey?: string;
  caCert?: string;
  tlsHost?: string;
}

/** One creation at a time on an agent, so that two resources cannot take over each other's configuration. */
const turns = new Map<number, Mutex>();

/** Configurations that a resource already has: none of them is what a lost request of another resource made. */
const held = new Set<number>();

/** Keeps in mind that a resource has this configuration. */
export function holdUrlConfiguration(id: unknown): void {
  if (typeof id === "number") held.add(id);
}

/**
 * Creates an agent's URL configuration, and ends with exactly one whatever becomes of the answers. An agent has at most one,
 * so the one that is there after a lost answer is ours where it equals what was asked for.
 *
 * @param begin starts the operation, in its turn: waiting for another resource on the agent costs it nothing of its limit
 */
export async function createUrlConfiguration(
  begin: () => Operation,
  wanted: WantedUrlConfiguration,
): Promise<WireUrlConfiguration> {
  const turn = turns.get(wanted.agentId) ?? new Mutex();
  turns.set(wanted.agentId, turn);
  return turn.runExclusive(async () => {
    const made = await createInTurn(begin(), wanted);
    holdUrlConfiguration(made.id);
    return made;
  });
}

async function createInTurn(operation: Operation, wanted: WantedUrlConfiguration): Promise<WireUrlConfiguration> {
  await meetProject(operation, wanted.project);
  const lost: LostAnswerError[] = [];
  const body: NewUrlConfiguration = {
    url: wanted.url,
    client_cert: wanted.clientCert,
    client_key: wanted.clientKey,
    ca_cert: wanted.caCert,
    tls_host: wanted.tlsHost,
  };
  const looking = <T>(cause: GitLabError, look: () => Promise<T>) =>
    lookedInto(lost, cause, () => leftover(wanted), look);
  for (let settling = 0; ;) {
    try {
      return await through(operation, wanted, (p) => operation.urlConfigurations.create(p, wanted.agentId, body));
    } catch (error) {
      if (error instanceof LostAnswerError) {
        lost.push(error);
        const found = await looking(error, () => existing(operation, wanted));
        if (found !== undefined && !held.has(found.id)) return asWanted(found, wanted, error);
        assertAnotherTry(operation, lost, () => leftover(wanted));
        await pause(operation, lost.length);
      } else if (error instanceof ValidationError && error.reasons.some((reason) => /already exists/.test(reason))) {
        const found = await looking(error, () => existing(operation, wanted));
        if (found === undefined) throw error;
        if (lost.length > 0 && !held.has(found.id)) return asWanted(found, wanted, error);
        throw error.withAdvice(
          `Agent ${wanted.agentId} has URL configuration ${found.id} for ${found.url}, and an agent has at most one. To let Pulumi manage it, set the resource option \`import: "${wanted.project}:${wanted.agentId}:${found.id}"\`; else delete it first. If it is this resource's own configuration (\`--replace\`), set the resource option \`deleteBeforeReplace: true\` for that update.`,
        );
      } else if (error instanceof NotFoundError) {
        const wait = settlingPause(operation, settling++);
        if (wait === undefined) throw await explained(operation, wanted, error);
        await operation.sleep(wait);
      } else throw withLeftover(error, lost, () => leftover(wanted));
    }
  }
}

/** Why GitLab takes no URL configuration for this agent. */
async function explained(
  operation: Operation,
  wanted: WantedUrlConfiguration,
  error: NotFoundError,
): Promise<NotFoundError> {
  const project = numericProject(wanted.project) ?? wanted.project;
  const presence = await presenceOfAgent(operation, project, wanted.agentId);
  if (presence.verdict === "present") return error.withAdvice(RECEPTIVE_OFF);
  return error.withAdvice(presence.verdict === "hidden" ? presence.adviceOnCreation : noSuchAgent(wanted));
}

function leftover({ agentId }: WantedUrlConfiguration): string {
  return `Agent ${agentId} may have a URL configuration that Pulumi does not know: run \`pulumi up\` again, which makes it, or says that the agent has one and how to take it over.`;
}

/** In which fields a URL configuration differs from what is wanted; PEM by what it says, not how it is written. */
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

function asWanted(
  found: WireUrlConfiguration,
  wanted: WantedUrlConfiguration,
  error: LostAnswerError | ValidationError,
): WireUrlConfiguration {
  const different = differences(found, wanted);
  if (different.length === 0) return found;
  throw error.withAdvice(
    `Agent ${wanted.agentId} now has URL configuration ${found.id}, which differs from the declared one in ${different.join(", ")}: somebody else made it, and it was not touched. Delete it, or declare what it says and set the resource option \`import: "${wanted.project}:${wanted.agentId}:${found.id}"\`.`,
  );
}

async function existing(
  operation: Operation,
  wanted: WantedUrlConfiguration,
): Promise<WireUrlConfiguration | undefined> {
  const [found] = await through(operation, wanted, (p) => operation.urlConfigurations.list(p, wanted.agentId));
  return found;
}

function through<T>(
  operation: Operation,
  wanted: WantedUrlConfiguration,
  call: (project: ProjectName) => Promise<T>,
): Promise<T> {
  return throughMoves(operation, wanted.project, numericProject(wanted.project), call);
}
