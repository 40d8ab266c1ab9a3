/** What an error is about, already free of secrets where it was put together from foreign text. */
export interface ErrorFacts {
  /** Completes "Could not …", such as `create token "blue" of agent 7 in project group/app`. */
  what?: string;
  method?: string;
  /** Path on the host, as sent, without the query. */
  path?: string;
  /** Scheme, host and port of GitLab. */
  origin?: string;
  status?: number;
  /** GitLab's own words, flattened to one line; or what went wrong, where GitLab said nothing. */
  words?: string;
  /** How often and how long it was tried, such as "tried 9 times in 41 s". */
  tried?: string;
  /** GitLab's `X-Request-Id`, by which its administrators find the request in their logs. */
  requestId?: string;
  /** The next step for the user. */
  advice?: string;
  /** What a {@link LostResponseError} knows besides. */
  lost?: { sentAt: number; lostAt: number; timedOut: boolean; objectId?: number };
  /** GitLab's single complaints, for a {@link ValidationError}. */
  complaints?: readonly string[];
  /** Whether a redirect led away from the configured host, for a {@link RedirectRefusedError}. */
  elsewhere?: boolean;
}

const untouched = (text: string): string => text;

/**
 * Base of everything that this client throws on purpose. The message is one paragraph on one line: what was tried on which
 * object, method, path and status, GitLab's words, next step. It holds no secret, no live request, and no stack.
 */
export class GitLabError extends Error {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly words?: string;
  readonly requestId?: string;
  advice?: string;
  readonly #facts: ErrorFacts;
  readonly #redact: (text: string) => string;

  /** @param redact takes secrets out of a text; applied to the facts and to every advice that is given later */
  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    const clean = { ...facts };
    for (const key of ["what", "path", "words", "advice", "requestId"] as const) {
      if (clean[key] !== undefined) clean[key] = redact(clean[key]);
    }
    clean.complaints = facts.complaints?.map(redact);
    super();
    Object.defineProperty(this, "name", { value: new.target.name, enumerable: false, configurable: true });
    this.#facts = clean;
    this.#redact = redact;
    this.what = clean.what ?? "";
    if (clean.method !== undefined) this.method = clean.method;
    if (clean.path !== undefined) this.path = clean.path;
    if (clean.status !== undefined) this.status = clean.status;
    if (clean.words !== undefined) this.words = clean.words;
    if (clean.requestId !== undefined) this.requestId = clean.requestId;
    if (clean.advice !== undefined) this.advice = clean.advice;
    this.#compose();
  }

  /** Replaces the next step; the same error, for chaining: `throw error.withAdvice("…")`. */
  withAdvice(advice: string): this {
    this.advice = this.#redact(advice);
    this.#compose();
    return this;
  }

  /** Adds to the next step; the same error, for chaining. */
  alsoAdvising(advice: string): this {
    return this.withAdvice(`${sentence(this.advice ?? "")} ${advice}`.trim());
  }

  /** The same failure, reported of another attempt that met it too: a copy, so that callers cannot change a shared error. */
  retold(what: string): this {
    const Same = this.constructor as new (facts: ErrorFacts, redact: (text: string) => string) => this;
    return new Same({ ...this.#facts, what, advice: this.advice }, this.#redact);
  }

  /** How the request went, between "Could not …:" and the words. */
  protected outcome(facts: ErrorFacts): string {
    const request = `${facts.method} ${facts.path}${facts.origin === undefined ? "" : ` on ${facts.origin}`}`;
    return facts.status === undefined ? `${request} got no usable answer` : `${request} answered ${facts.status}`;
  }

  #compose(): void {
    const facts = this.#facts;
    const head = [
      facts.what ? `Could not ${facts.what}` : "",
      facts.method ? this.outcome(facts) : "",
      facts.words ?? "",
    ];
    const tried = [facts.tried, facts.requestId && `request id ${facts.requestId}`].filter(Boolean).join("; ");
    const first = head.filter((part) => part !== "").join(": ");
    const text = `${sentence(tried === "" ? first : `${first.replace(/[.\s]+$/, "")} (${tried})`)} ${sentence(this.advice ?? "")}`;
    this.message = text.replace(/\s+/g, " ").trim();
    // The engine prints a stack where it prints one; ours is no news to the user.
    Object.defineProperty(this, "stack", {
      value: `${this.name}: ${this.message}`,
      enumerable: false,
      configurable: true,
      writable: true,
    });
    Object.defineProperty(this, "message", {
      value: this.message,
      enumerable: false,
      configurable: true,
      writable: true,
    });
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** A setting cannot be used, or the credential is missing. Nothing was sent. */
export class ConfigurationError extends GitLabError {}

/** What is there already stands in the way. Nothing was sent. */
export class ConflictError extends GitLabError {}

/** 401: GitLab does not know the credential. */
export class AuthenticationError extends GitLabError {}

/** 403: GitLab knows the credential, whose role or scope does not suffice. */
export class PermissionError extends GitLabError {}

/** 404: gone, or hidden; GitLab does not say which. */
export class NotFoundError extends GitLabError {}

/** 400 (or 422): GitLab refuses the request's content. */
export class ValidationError extends GitLabError {
  /** GitLab's single complaints, such as "Name has already been taken". */
  readonly reasons: readonly string[];

  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    super(facts, redact);
    this.reasons = facts.complaints?.map(redact) ?? [];
  }
}

/** 429, and tries or time are spent. */
export class RateLimitedError extends GitLabError {}

/** 408 or 5xx to a GET or DELETE, and tries or time are spent. */
export class ServerError extends GitLabError {}

/** No usable answer: refused, DNS, TLS, proxy, reset, or a body that was cut or is not what the API sends. */
export class NetworkError extends GitLabError {}

/** The operation's own limit (`gitlab:operationTimeout`) is spent. */
export class OperationTimeoutError extends GitLabError {}

/** GitLab wanted to send us elsewhere; the credential went nowhere. */
export class RedirectRefusedError extends GitLabError {
  /** It led away from the configured host. */
  readonly elsewhere: boolean;

  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    super(facts, redact);
    this.elsewhere = facts.elsewhere ?? false;
  }
}

/** A status that this API is not known to answer. */
export class UnexpectedResponseError extends GitLabError {}

/**
 * A POST whose answer is lost: GitLab may have carried it out. Whoever catches this must find out before doing anything
 * else, and must not send the request again blindly.
 */
export class LostResponseError extends GitLabError {
  /** Local time at which the lost request was sent, ms. */
  readonly sentAt: number;
  /** Local time at which its answer was given up, ms. */
  readonly lostAt: number;
  /** Our own limit ended it, so GitLab may still carry it out after `lostAt`. */
  readonly timedOut: boolean;
  /** The created object's id, where the cut answer still showed it. */
  readonly objectId?: number;

  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    super(facts, redact);
    const lost = facts.lost ?? { sentAt: 0, lostAt: 0, timedOut: false };
    this.sentAt = lost.sentAt;
    this.lostAt = lost.lostAt;
    this.timedOut = lost.timedOut;
    if (lost.objectId !== undefined) this.objectId = lost.objectId;
  }

  protected override outcome(facts: ErrorFacts): string {
    const answered = facts.status === undefined ? "" : ` (status ${facts.status})`;
    return `the answer to ${facts.method} ${facts.path} on ${facts.origin} was lost${answered}, so GitLab may have carried it out`;
  }
}
