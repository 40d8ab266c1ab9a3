import { decodedPath, nearestFirst } from "../gitlab";

/**
 * Pure rules for fields. Each returns a value's violation, as the end of the sentence "`name` …", or undefined. No rule
 * repeats the value, since the provider does not know which inputs the program marked secret.
 */
export type Violation = string | undefined;

const AGENT_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** A positive integer, or a path that GitLab would accept. */
export function projectViolation(value: unknown): Violation {
  const expected = "expected the project's numeric id (42) or its full path (group/app)";
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && value > 0 ? undefined : `is not a positive whole number; ${expected}`;
  }
  if (typeof value !== "string") return `is neither a number nor a string; ${expected}`;
  if (value.trim() === "") return `is empty; ${expected}`;
  if (/^-?\d+$/.test(value)) return Number(value) > 0 ? undefined : `is not a positive whole number; ${expected}`;
  const path = decodedPath(value);
  if (path === undefined) return `has a broken percent escape; ${expected}`;
  if (path.includes("://")) return `is a web address; ${expected}`;
  const segment = path.split("/").find((part) => !/^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(part) || /^\.+$/.test(part));
  if (segment !== undefined) return `is not a path that a GitLab project can have; ${expected}`;
  return path.includes("/") ? undefined : `names no group: a full path has at least one "/"; ${expected}`;
}

/** GitLab's rule for the names of agents. */
export function agentNameViolation(value: unknown): Violation {
  const expected =
    "an agent's name is made of lowercase letters, digits and '-', starts and ends with a letter or digit, and has at most 63 characters";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  if (value === "") return `is empty; ${expected}`;
  if (value.length > 63) return `has ${value.length} characters; ${expected}`;
  if (AGENT_NAME.test(value)) return undefined;
  const invalid = /[^-a-z0-9]/u.exec(value);
  if (invalid) return `has ${JSON.stringify(invalid[0])} at position ${invalid.index + 1}; ${expected}`;
  return `starts or ends with '-'; ${expected}`;
}

/** The numeric id that a value is, as a number or its digits; undefined for everything else. */
export function numericId(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** The numeric id of an agent: a number or its digits. */
export function agentIdViolation(value: unknown): Violation {
  return numericId(value) === undefined
    ? "is not a positive whole number; expected the agent's numeric id, as `agent.agentId` gives it"
    : undefined;
}

/** The numeric id of a token: a number or its digits. */
export function tokenIdViolation(value: unknown): Violation {
  return numericId(value) === undefined
    ? "is not a positive whole number; expected the token's numeric id, as `token.tokenId` gives it"
    : undefined;
}

/** A wait, in seconds. */
export function timeoutViolation(value: unknown): Violation {
  if (typeof value === "number" && value >= 1 && value <= 86_400) return undefined;
  return "is not a number of seconds from 1 to 86400; expected, for example, 600";
}

/** The age at which a token is replaced. */
export function rotateAfterDaysViolation(value: unknown): Violation {
  if (typeof value === "number" && Number.isFinite(value) && value >= 1) return undefined;
  return "is not a number of days, at least 1; expected, for example, 90";
}

/** GitLab's rule for the names of tokens. */
export function tokenNameViolation(value: unknown): Violation {
  const expected = "a token's name has 1 to 255 characters and is not blank";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  if (value.trim() === "") return `is blank; ${expected}`;
  return [...value].length > 255 ? `has ${[...value].length} characters; ${expected}` : undefined;
}

/** GitLab's rule for the descriptions of tokens. */
export function descriptionViolation(value: unknown): Violation {
  if (typeof value !== "string") return "is not a string; expected text of at most 1024 characters";
  const length = [...value].length;
  return length > 1024 ? `has ${length} characters; a token's description has at most 1024` : undefined;
}

/** The address at which GitLab reaches a receptive agent. The default port is gRPC's, 443. */
export function agentUrlViolation(value: unknown): Violation {
  const expected = "expected grpc://host:port or grpcs://host:port";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  if (value.trim() !== "" && value !== value.trim()) return `is not a URL: it begins or ends with a blank; ${expected}`;
  // "agent.example.com:443" parses as a URL whose scheme is "agent.example.com:".
  if (/^[^/:]*\.[^/:]*:\d|^[^/:]+:\d+$/.test(value) || (value !== "" && !value.includes(":"))) {
    return `is not a URL: it has no scheme; ${expected}`;
  }
  const [, port] = /^[a-z]+:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(value) ?? [];
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    return `is not a URL: its port is out of range, which is 1 to 65535; ${expected}`;
  }
  if (!URL.canParse(value) || /\s/.test(value)) return `is not a URL; ${expected}`;
  const url = new URL(value);
  if (url.protocol !== "grpc:" && url.protocol !== "grpcs:") {
    return `has the scheme ${JSON.stringify(url.protocol.slice(0, -1))}; ${expected}`;
  }
  if (url.username !== "" || url.password !== "") {
    return `holds credentials, which GitLab would store in clear; ${expected}, without user and password`;
  }
  if (url.hostname === "") return `names no host; ${expected}`;
  const rest = url.search !== "" || url.hash !== "" ? "a query or a fragment" : "a path";
  return /^\/?$/.test(`${url.pathname}${url.search}${url.hash}`)
    ? undefined
    : `has ${rest}, which gRPC does not use; ${expected}`;
}

/** A host name that GitLab accepts for `tlsHost`: no scheme, no port, no path. */
export function hostNameViolation(value: unknown): Violation {
  const expected = "expected a host name without scheme, port or path, such as agent.example.com";
  if (typeof value !== "string") return `is not a string; ${expected}`;
  if (value.trim() !== "" && value !== value.trim()) {
    return `is not a host name: it begins or ends with a blank; ${expected}`;
  }
  if (value === "" || /[\s/?#@]/.test(value) || !URL.canParse(`http://${value}`))
    return `is not a host name; ${expected}`;
  const url = new URL(`http://${value}`);
  if (url.host !== value.toLowerCase() || /:\d+$/.test(value.replace(/^\[.*\]/, ""))) {
    return /:\d+$/.test(value) ? `has a port; ${expected}` : `is not a host name; ${expected}`;
  }
  return undefined;
}

/** An object of names and values. */
export function objectViolation(example: string): (value: unknown) => Violation {
  return (value) =>
    typeof value === "object" && !Array.isArray(value)
      ? undefined
      : `is not an object; expected names and values, such as ${example}`;
}

/** A sentence for each name that is not an argument of the resource, with the argument that was likely meant. */
export function unknownKeys(
  resource: string,
  given: object,
  known: readonly string[],
  internal: readonly string[],
): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key) && !internal.includes(key) && !key.startsWith("__"))
    .map((key) => {
      const nearest = closest(key, known);
      const meant = nearest === undefined ? "" : ` Did you mean \`${nearest}\`?`;
      return `\`${key}\` is not an argument of ${resource}.${meant} Its arguments are ${known.map((name) => `\`${name}\``).join(", ")}`;
    });
}

/** The name that a misspelt word most likely means, if one is similar. */
export function closest(word: string, names: readonly string[]): string | undefined {
  const [nearest] = nearestFirst(word, names);
  return nearest !== undefined && nearest.distance <= Math.max(1, Math.floor(word.length / 3))
    ? nearest.name
    : undefined;
}
