import type { SimulatorContext } from "./context";
import { ApiError, invalidParameters } from "./errors";

/** A route's declaration of one parameter, as with Grape's `requires` and `optional`. */
export interface Declaration {
  type: "string" | "integer";
  required?: boolean;
  /** Refused values, as Grape's `except_values`. */
  except?: number[];
}

type Value<D extends Declaration> = (D["type"] extends "integer" ? number : string) | null | undefined;

/** Declared parameters as passed to a route: absent is undefined, JSON's null (or an empty integer) is null. */
export type Values<Declared extends Record<string, Declaration>> = { [Name in keyof Declared]: Value<Declared[Name]> };

/** All sent parameters, also undeclared ones. */
export type SentParameters = Record<string, unknown>;

/** A list or a hash instead of one value: sent as `name[]=a` or `name[key]=a` in a form. */
const NESTED = Symbol("nested");

const INTEGER = /^\s*[+-]?\d+\s*$/;

/** Parameters of the query, then of the body, then of the path: later ones override, as in Rack and Grape. */
export async function sentParameters(c: SimulatorContext): Promise<SentParameters> {
  const sent: SentParameters = { ...fromPairs(new URL(c.req.url).searchParams), ...(await bodyParameters(c)) };
  const all = { ...sent, ...c.req.param() };
  if (Object.values(all).some((value) => typeof value === "string" && value.includes("\0"))) {
    throw new ApiError(400, "Bad Request");
  }
  return all;
}

/** Checks and converts the declared parameters; one 400 reports every violation. */
export function declaredParameters<Declared extends Record<string, Declaration>>(
  sent: SentParameters,
  declared: Declared,
): Values<Declared> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, declaration] of Object.entries(declared)) {
    if (!(name in sent)) {
      if (declaration.required) faults.push(`${name} is missing`);
      continue;
    }
    const value = converted(sent[name], declaration.type);
    if (value === NESTED) faults.push(`${name} is invalid`);
    else if (declaration.except?.includes(value as number)) faults.push(`${name} has a value not allowed`);
    else values[name] = value;
  }
  if (faults.length > 0) throw invalidParameters(faults);
  return values as Values<Declared>;
}

function converted(value: unknown, type: Declaration["type"]): string | number | null | typeof NESTED {
  switch (typeof value) {
    case "string":
      if (type === "string") return value;
      if (value === "") return null;
      return INTEGER.test(value) ? Number(value) : NESTED;
    case "number":
      if (type === "string") return String(value);
      return Number.isInteger(value) ? value : NESTED;
    case "boolean":
      return type === "string" ? String(value) : NESTED;
    default:
      return value === null || value === undefined ? null : NESTED;
  }
}

async function bodyParameters(c: SimulatorContext): Promise<SentParameters> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return {};
  const text = c.env.body;
  if (text.trim() === "") return {};
  const contentType = c.req.header("Content-Type") ?? "application/x-www-form-urlencoded";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase();
  switch (mediaType) {
    case "application/json":
      return fromJson(text);
    case "application/x-www-form-urlencoded":
      return fromPairs(new URLSearchParams(text));
    case "multipart/form-data":
      return fromMultipart(text, contentType);
    case "text/plain":
      return {};
    default:
      throw new ApiError(415, { error: `The provided content-type '${mediaType}' is not supported.` });
  }
}

function fromJson(text: string): SentParameters {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(400, { error: "message body does not match declared format" });
  }
  // Grape merges an object into the parameters and ignores everything else.
  return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as SentParameters) : {};
}

async function fromMultipart(body: string, contentType: string): Promise<SentParameters> {
  try {
    return fromPairs(await new Response(body, { headers: { "Content-Type": contentType } }).formData());
  } catch {
    throw new ApiError(400, { error: "message body does not match declared format" });
  }
}

function fromPairs(pairs: Iterable<[string, unknown]>): SentParameters {
  const sent: SentParameters = {};
  for (const [key, value] of pairs) {
    const bracket = key.indexOf("[");
    if (bracket > 0) sent[key.slice(0, bracket)] = NESTED;
    else sent[key] = value;
  }
  return sent;
}
