import { parsedJson } from "./faultRule";
import { ROLES, type Role } from "./records";
import type { SimulatorState } from "./state";

type Value = string | number | boolean | undefined;
type Given = Readonly<Record<string, Value>>;

/** The type of a field: its description for errors, and its test. */
const TYPES = {
  id: ["a whole number from 1 up", (value: unknown) => Number.isInteger(value) && Number(value) > 0],
  project: [
    "a project's id or full path",
    (value: unknown) => (typeof value === "string" && value !== "") || Number.isInteger(value),
  ],
  text: ["a text that is not empty", (value: unknown) => typeof value === "string" && value !== ""],
  flag: ["true or false", (value: unknown) => typeof value === "boolean"],
  role: [`one of ${ROLES.join(", ")}`, (value: unknown) => ROLES.some((role) => role === value)],
  form: ["pem, base64 or either", (value: unknown) => ["pem", "base64", "either"].some((form) => form === value)],
  visibility: ["private or public", (value: unknown) => value === "private" || value === "public"],
  milliseconds: ["milliseconds from 0 up", (value: unknown) => typeof value === "number" && value >= 0],
  time: [
    "a time: milliseconds since 1970, or ISO 8601 text",
    (value: unknown) => typeof value === "number" || (typeof value === "string" && !Number.isNaN(Date.parse(value))),
  ],
} as const;

interface Verb {
  /** Field name to type; a name that ends with `?` is optional. */
  fields: Readonly<Record<string, keyof typeof TYPES>>;
  run: (state: SimulatorState, given: Given) => unknown;
}

const id = (value: Value): number => Number(value);
const text = (value: Value): string => String(value);
const named = (value: Value): string | number => (typeof value === "number" ? value : text(value));
const optional = <Thing>(value: Value, read: (value: Value) => Thing): Thing | undefined =>
  value === undefined ? undefined : read(value);
const known = (given: Given): Record<string, Value> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** The verbs of {@link SimulatorState}, with the names of its parameters as fields. */
const VERBS: Readonly<Record<string, Verb>> = {
  createProject: {
    fields: {
      path: "text",
      "id?": "id",
      "name?": "text",
      "description?": "text",
      "visibility?": "visibility",
      "licensed?": "flag",
    },
    run: (state, given) => state.createProject({ ...known(given), path: text(given.path) }),
  },
  renameProject: {
    fields: { project: "project", path: "text", "redirect?": "flag" },
    run: (state, { project, path, redirect = true }) => {
      const record = state.project(named(project));
      state.renameProject(record.id, text(path), { redirect: Boolean(redirect) });
      return record;
    },
  },
  deleteProject: { fields: { project: "project" }, run: (state, { project }) => state.deleteProject(named(project)) },
  createAgent: {
    fields: { project: "project", name: "text", "createdByUserId?": "id" },
    run: (state, { project, name, createdByUserId }) =>
      state.createAgent(named(project), text(name), optional(createdByUserId, id)),
  },
  deleteAgent: { fields: { agentId: "id" }, run: (state, { agentId }) => state.deleteAgent(id(agentId)) },
  createToken: {
    fields: { agentId: "id", name: "text", "description?": "text", "createdByUserId?": "id" },
    run: (state, { agentId, name, description, createdByUserId }) =>
      state.createToken(id(agentId), text(name), optional(description, text), optional(createdByUserId, id)),
  },
  revokeToken: { fields: { tokenId: "id" }, run: (state, { tokenId }) => state.revokeToken(id(tokenId)) },
  markTokenUsed: {
    fields: { tokenId: "id", "at?": "time" },
    run: (state, { tokenId, at }) =>
      state.markTokenUsed(
        id(tokenId),
        optional(at, (value) => new Date(named(value)).getTime()),
      ),
  },
  setUrlConfiguration: {
    fields: {
      agentId: "id",
      url: "text",
      "clientCert?": "text",
      "clientKey?": "text",
      "caCert?": "text",
      "tlsHost?": "text",
    },
    run: (state, { agentId, ...content }) =>
      state.setUrlConfiguration(id(agentId), { ...known(content), url: text(content.url) }),
  },
  deleteUrlConfiguration: {
    fields: { agentId: "id" },
    run: (state, { agentId }) => state.deleteUrlConfiguration(state.agent(id(agentId)).id),
  },
  setRole: {
    fields: { username: "text", role: "role", "project?": "project" },
    run: (state, { username, role, project }) => state.setRole(text(username), role as Role, optional(project, named)),
  },
  rotateCredential: {
    fields: { username: "text", token: "text" },
    run: (state, { username, token }) => state.rotateCredential(text(username), text(token)),
  },
  expireCredential: {
    fields: { username: "text" },
    run: (state, { username }) => state.expireCredential(text(username)),
  },
  changeSettings: {
    fields: { "receptiveEnabled?": "flag", "certificates?": "form", "latency?": "milliseconds" },
    run: (state, given) => ({ ...Object.assign(state.settings, known(given)) }),
  },
};

/** One line for each verb, for the help of the command line. */
export const STATE_HELP = Object.entries(VERBS)
  .map(([verb, { fields }]) => `  ${verb.padEnd(23)}${Object.keys(fields).join(", ")}`)
  .join("\n");

/** The result of one action: the created or changed object, or null if there is none. */
export interface StateResult {
  verb: string;
  result: unknown;
}

/**
 * Makes changes as other users would in GitLab's pages: one action or a list of them, such as
 * `{"verb": "renameProject", "project": "group/app", "path": "group/shop"}`. All actions are checked before the first is carried out.
 *
 * @throws Error that names the action, the field and the expected value; or the missing object, after the earlier
 *   actions have been carried out
 */
export function carryOutActions(state: SimulatorState, json: string): StateResult[] {
  const value = parsedJson(json);
  const actions = (Array.isArray(value) ? value : [value]).map((action: unknown, at) => checked(action, at + 1));
  if (actions.length === 0) throw new Error("The list contains no action.");
  return actions.map(({ verb, run, given }, at) => {
    try {
      return { verb, result: run(state, given) ?? null };
    } catch (error) {
      const before = at === 0 ? "" : ` The ${at} before it ${at === 1 ? "was" : "were"} carried out.`;
      throw new Error(`Action ${at + 1}, ${verb}: ${(error as Error).message}${before}`);
    }
  });
}

function checked(action: unknown, number: number): { verb: string; run: Verb["run"]; given: Given } {
  if (typeof action !== "object" || action === null || Array.isArray(action)) {
    throw new Error(`Action ${number}: an action is an object with a verb and its fields.`);
  }
  const { verb, ...given } = action as Record<string, unknown>;
  const found = typeof verb === "string" && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (found === undefined) {
    throw new Error(
      `Action ${number}: there is no verb ${JSON.stringify(verb)}; use one of ${Object.keys(VERBS).join(", ")}.`,
    );
  }
  const fault = (words: string): Error => new Error(`Action ${number}, ${String(verb)}: ${words}`);
  const fields = new Map(Object.entries(found.fields).map(([name, type]) => [name.replace(/\?$/, ""), type]));
  for (const name of Object.keys(given)) {
    if (!fields.has(name))
      throw fault(`there is no field ${JSON.stringify(name)}; use ${[...fields.keys()].join(", ")}.`);
  }
  for (const [name, type] of fields) {
    const [words, holds] = TYPES[type];
    if (given[name] === undefined && name in found.fields) throw fault(`${name} is missing: ${words}.`);
    if (given[name] !== undefined && !holds(given[name])) throw fault(`${name} has to be ${words}.`);
  }
  return { verb: String(verb), run: found.run, given: given as Given };
}
