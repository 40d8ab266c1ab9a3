/**
 * The kinds of faults.
 *
 * | kind | carried out | what the client sees |
 * | --- | --- | --- |
 * | `refuse` | no | the connection closes before the body is read |
 * | `dropBefore` | no | the body is read, then the connection closes |
 * | `commitThenDrop` | yes | the connection closes without a response |
 * | `commitThenStatus` | yes | `status` (502) with a page of HTML |
 * | `status` | no | `status` (503) with a page of HTML, or `body` |
 * | `cutBody` | yes | all headers, and half of the body |
 * | `delayBefore` | yes, after `delay`, whether or not the client still waits | the usual response, late |
 * | `delayAfter` | yes, at once | the usual response after `delay` |
 * | `rateLimit` | no | 429 as text, with or without headers |
 * | `redirect` | no | `status` (302) to `location` |
 * | `html` | only with `commit` | 200 with a page of HTML |
 * | `unparsable` | yes | the usual status and broken JSON |
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

export const FAULT_KINDS = [
  "refuse",
  "dropBefore",
  "commitThenDrop",
  "commitThenStatus",
  "status",
  "cutBody",
  "delayBefore",
  "delayAfter",
  "rateLimit",
  "redirect",
  "html",
  "unparsable",
] as const;

/**
 * The requests and the fault that affects them.
 *
 * @example The first response to a token's creation is lost
 * ```ts
 * import { startSimulator } from "pulumi-gitlab-agent/simulator";
 *
 * const simulator = await startSimulator();
 * simulator.faults.add({ kind: "commitThenDrop", method: "POST", path: "/projects/101/**" });
 * ```
 */
export interface FaultRule {
  kind: FaultKind;
  /** One method or several, in any case. Default: all. */
  method?: string | string[];
  /**
   * The path after `/api/v4`, as sent: a pattern in which `*` matches within a segment and `**` everything,
   * or a regular expression. Default: all.
   */
  path?: string | RegExp;
  /** How many requests the rule affects; `Infinity` for all, in JSON `"always"`. Default 1. */
  times?: number;
  /** How many matching requests pass first. Default 0. */
  skip?: number;
  /** The probability from 0 to 1 that a matching request is affected. Default 1. */
  probability?: number;
  /** Makes `probability` repeatable. Default: the simulator's `random`. */
  seed?: number;
  /** The status of `status`, `commitThenStatus`, `redirect` and `html`, from 200 to 599. */
  status?: number;
  /** Milliseconds of `delayBefore` and `delayAfter`. Default 1000. */
  delay?: number;
  /** `Retry-After` of `rateLimit`: seconds, or an HTTP date. Default 1. */
  retryAfter?: number | string;
  /** For `rateLimit`: false omits every header. For others: additional headers. */
  headers?: boolean | Record<string, string>;
  /** The target of `redirect`, which requires it. */
  location?: string;
  /** The body instead of the usual page; an object is sent as JSON. */
  body?: string | Record<string, unknown>;
  /** For `html`: carry the request out first. Default false. */
  commit?: boolean;
}

const NUMBERS = ["times", "skip", "probability", "seed", "status", "delay"] as const;
const FIELDS = new Set<string>([
  ...NUMBERS,
  ...["kind", "method", "path", "retryAfter", "headers", "location", "body", "commit", "pathPattern"],
]);

/**
 * Reads rules from a JSON text or value, for the command's `--faults` file and the control address: one or a list;
 * `"times": "always"` means Infinity, and `pathPattern` is the source of a regular expression.
 *
 * @throws Error that names the rule, the field and the expected value
 */
export function parseFaultRules(json: unknown): FaultRule[] {
  const value: unknown = typeof json === "string" ? parsedJson(json) : json;
  return (Array.isArray(value) ? value : [value]).map((rule: unknown, at) => parsed(rule, at + 1));
}

/** @throws Error that says that the text is not JSON */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`this is not JSON: ${(error as Error).message}.`);
  }
}

function parsed(value: unknown, number: number): FaultRule {
  const fault = (text: string): Error => new Error(`Fault rule ${number}: ${text}`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault("a rule is an object.");
  const rule: Record<string, unknown> = { ...value };
  for (const field of Object.keys(rule)) {
    if (!FIELDS.has(field)) throw fault(`there is no field ${JSON.stringify(field)}; use ${[...FIELDS].join(", ")}.`);
  }
  if (rule.times === "always") rule.times = Infinity;
  if (typeof rule.pathPattern === "string") rule.path = new RegExp(rule.pathPattern);
  delete rule.pathPattern;
  checkFaultRule(rule as unknown as FaultRule, fault);
  return rule as unknown as FaultRule;
}

/** @throws Error for an invalid rule */
export function checkFaultRule(rule: FaultRule, fault: (text: string) => Error = (text) => new Error(text)): void {
  if (!FAULT_KINDS.includes(rule.kind)) {
    throw fault(`there is no kind ${JSON.stringify(rule.kind)}; use one of ${FAULT_KINDS.join(", ")}.`);
  }
  const methods: unknown[] = rule.method === undefined ? [] : [rule.method].flat();
  if (!methods.every((method) => typeof method === "string"))
    throw fault("method has to be a text or a list of texts.");
  if (rule.path !== undefined && typeof rule.path !== "string" && typeof rule.path.test !== "function") {
    throw fault("path has to be a text; a regular expression goes into pathPattern.");
  }
  for (const field of NUMBERS) {
    const number = rule[field];
    if (number !== undefined && (typeof number !== "number" || Number.isNaN(number) || number < 0)) {
      throw fault(`${field} has to be a number from 0 up${field === "times" ? ', or "always" in JSON' : ""}.`);
    }
  }
  if ((rule.probability ?? 1) > 1) throw fault("probability has to be a number from 0 to 1.");
  if (rule.status !== undefined && !(Number.isInteger(rule.status) && rule.status >= 200 && rule.status <= 599)) {
    throw fault("status has to be a whole number from 200 to 599.");
  }
  if (rule.kind === "redirect" && typeof rule.location !== "string") throw fault("redirect needs a location.");
  if (typeof rule.path === "string" && !/^(\/|\*\*)/.test(rule.path)) {
    throw fault('path has to start with "/", since it is matched from /api/v4 on.');
  }
}

/** Whether a rule matches a request. `path` is the raw path after `/api/v4`. */
export function matchesRule(rule: FaultRule, method: string, path: string): boolean {
  const methods = rule.method === undefined ? [method] : [rule.method].flat();
  if (!methods.some((one) => one.toUpperCase() === method)) return false;
  if (rule.path === undefined) return true;
  const pattern =
    typeof rule.path === "string"
      ? fromGlob(rule.path)
      : new RegExp(rule.path.source, rule.path.flags.replace(/[gy]/g, ""));
  return pattern.test(path);
}

function fromGlob(glob: string): RegExp {
  const source = glob
    .split(/(\*\*|\*)/)
    .map((part) => (part === "**" ? ".*" : part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${source.join("")}$`);
}
