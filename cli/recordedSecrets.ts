import { readFileSync } from "node:fs";
import type { FoundAgent } from "./inventory";

/** A token as another tool's state has it. */
export interface RecordedToken {
  tokenId: number;
  agentId: number;
  createdAt: string;
  secret: string;
}

/** The recorded secrets of tokens. */
export interface RecordedSecrets {
  /** By the token's id in GitLab. */
  byToken: ReadonlyMap<number, string>;
  /** Sentences about secrets that are not those of the tokens in GitLab. */
  notes: string[];
}

/** Type names of tokens: Terraform's GitLab provider, Pulumi's, and both kinds of ours. */
const TOKENS = /^gitlab_cluster_agent_token$|:(Cluster)?AgentToken$/;

/**
 * Reads the tokens with a secret from the state of a stack (`pulumi stack export --show-secrets`) or of Terraform
 * (`terraform state pull`, `terraform show -json`).
 *
 * @throws Error if the file cannot be read as such a state
 */
export function recordedTokens(file: string): RecordedToken[] {
  const found = tokensIn(parsed(file));
  if (found.length === 0) {
    throw new Error(
      `${file} has no secret of an agent's token. A stack's state has secrets in clear only by \`pulumi stack export --show-secrets\`, and no state has the secret of an imported token. No request was sent to GitLab.`,
    );
  }
  return found;
}

/**
 * The secrets of the found tokens. A secret counts only for the token of its id, agent and time of creation: a state of another
 * GitLab may have the same ids.
 */
export function secretsOf(agents: readonly FoundAgent[], recorded: readonly RecordedToken[]): RecordedSecrets {
  const notes: string[] = [];
  const byToken = new Map<number, string>();
  for (const { agent, tokens } of agents) {
    for (const { id, created_at: createdAt } of tokens) {
      const found = recorded.filter(({ tokenId, agentId }) => tokenId === id && agentId === agent.id);
      const same = found.find((each) => seconds(each.createdAt) === seconds(createdAt));
      if (same !== undefined) byToken.set(id, same.secret);
      else if (found[0] !== undefined) {
        notes.push(
          `The recorded secret of token ${id} was left out: its token was created at ${found[0].createdAt}, the one in this GitLab at ${createdAt}.`,
        );
      }
    }
  }
  return { byToken, notes };
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // A parser's words quote the text, which has secrets.
    const reason = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    throw new Error(
      `Could not read the secrets from ${file}: ${reason}. Make it by \`pulumi stack export --show-secrets --file ${file}\` or \`terraform state pull > ${file}\`. No request was sent to GitLab.`,
    );
  }
}

/** Every token with a secret, wherever it is in the state: modules of Terraform have resources of their own. */
function tokensIn(value: unknown): RecordedToken[] {
  if (Array.isArray(value)) return value.flatMap(tokensIn);
  if (typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  if (typeof object["type"] !== "string" || !TOKENS.test(object["type"]))
    return Object.values(object).flatMap(tokensIn);
  const instances = (object["instances"] as { attributes?: object }[] | undefined)?.map((each) => each.attributes);
  return (instances ?? [object["outputs"] ?? object["values"]]).flatMap((outputs) => tokenOf(outputs ?? {}));
}

function tokenOf(outputs: object): RecordedToken[] {
  const of = outputs as Record<string, unknown>;
  const secret = inClear(of["token"]);
  if (secret === undefined || secret === "") return [];
  return [
    {
      tokenId: Number(of["token_id"] ?? of["tokenId"]),
      agentId: Number(of["agent_id"] ?? of["agentId"]),
      createdAt: String(of["created_at"] ?? of["createdAt"]),
      secret,
    },
  ];
}

/** A text, or one that `--show-secrets` exports: as JSON in `plaintext`. An encrypted one cannot be read. */
function inClear(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const plaintext = (value as { plaintext?: unknown } | null | undefined)?.plaintext;
  if (typeof plaintext !== "string") return undefined;
  try {
    const text: unknown = JSON.parse(plaintext);
    return typeof text === "string" ? text : undefined;
  } catch {
    // A parser's error would quote the secret.
    return undefined;
  }
}

/** Terraform's provider records whole seconds. */
const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);
