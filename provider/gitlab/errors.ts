/** The facts of an error, already redacted if they contain text from outside. */
export interface ErrorFacts {
  /** Completes "Could not …", such as `create token "blue" of agent 7 in project group/app`. */
  what?: string;
  method?: string;
  /** Path on the host, as sent, without the query. */
  path?: string;
  /** Scheme, host and port of GitLab. */
  origin?: string;
  status?: number;
  /** GitLab's own words on one line, or what went wrong, if GitLab said nothing. */
  words?: string;
  /** The number and duration of tries, such as "tried 9 times in 41 s". */
  tried?: string;
  /** GitLab's `X-Request-Id`, with which administrators find the request in their logs. */
  requestId?: string;
  /** The next step for the user. */
  advice?: string;
  /** Additional facts of a {@link LostResponseError}. */
  lost?: { sentAt: number; lostAt: number; timedOut: boolean; objectId?: number };
  /** GitLab's single messages, for a {@link ValidationError}. */
  complaints?: readonly string[];
  /** Whether a redirect led away from the configured host, for a {@link RedirectRefusedError}. */
  elsewhere?: boolean;
}

const untouched = (text: string): string => text;

/**
 * The base class of this client's errors. The message is one paragraph on one line: what was tried on which
 * object, method, path and status, GitLab's words, next step. It contains no secret, no request object, and no stack.
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

  /** @param redact removes secrets from a text; applied to the facts and to every later advice */
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

  /** The same failure for another operation: a copy, so that callers cannot change a shared error. */
  copyFor(what: string): this {
    const Same = this.constructor as new (facts: ErrorFacts, redact: (text: string) => string) => this;
    return new Same({ ...this.#facts, what, advice: this.advice }, this.#redact);
  }

  /** The request's outcome, between "Could not …:" and the words. */
  protected outcome(facts: ErrorFacts): string {
    const request = `${facts.method} ${facts.path}${facts.origin === undefined ? "" : ` on ${facts.origin}`}`;
    return facts.status === undefined ? `${request} got no usable response` : `${request} answered ${facts.status}`;
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
    // The engine may print a stack; ours does not help the user.
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

/** A setting is unusable, or the credential is missing. Nothing was sent. */
export class ConfigurationError extends GitLabError {}

/** An existing object prevents the operation. Nothing was sent. */
export class ConflictError extends GitLabError {}

/** 401: GitLab does not accept the credential. */
export class AuthenticationError extends GitLabError {}

/** 403: the credential's role or scope is insufficient. */
export class PermissionError extends GitLabError {}

/** 404: gone, or hidden; GitLab does not say which. */
export class NotFoundError extends GitLabError {}

/** 400 (or 422): GitLab refuses the request's content. */
export class ValidationError extends GitLabError {
  /** GitLab's single messages, such as "Name has already been taken". */
  readonly reasons: readonly string[];

  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    super(facts, redact);
    this.reasons = facts.complaints?.map(redact) ?? [];
  }
}

/** 429, and no tries or time remain. */
export class RateLimitedError extends GitLabError {}

/** 408 or 5xx to a GET or DELETE, and no tries or time remain. */
export class ServerError extends GitLabError {}

/** No usable response: refused, DNS, TLS, proxy, reset, or a body that was truncated or is not what the API sends. */
export class NetworkError extends GitLabError {}

/** The operation's own limit (`gitlab:operationTimeout`) has passed. */
export class OperationTimeoutError extends GitLabError {}

/** A redirect that was not followed; the credential was not sent to its target. */
export class RedirectRefusedError extends GitLabError {
  /** Whether it led away from the configured host. */
  readonly elsewhere: boolean;

  constructor(facts: ErrorFacts, redact: (text: string) => string = untouched) {
    super(facts, redact);
    this.elsewhere = facts.elsewhere ?? false;
  }
}

/** A status that this API does not document. */
export class UnexpectedResponseError extends GitLabError {}

/**
 * A POST whose response is lost: GitLab may have carried it out. The caller has to find out first, and must not
 * simply send the request again.
 */
export class LostResponseError extends GitLabError {
  /** Local time at which the lost request was sent, ms. */
  readonly sentAt: number;
  /** Local time at which the response was given up, ms. */
  readonly lostAt: number;
  /** Whether our own time limit ended it, so that GitLab may still carry it out after `lostAt`. */
  readonly timedOut: boolean;
  /** The created object's id, if the truncated response contained it. */
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
    return `the response to ${facts.method} ${facts.path} on ${facts.origin} was lost${answered}, so GitLab may have carried it out`;
  }
}
