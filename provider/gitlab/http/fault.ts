import { responseWords } from "./responseText";
import { responseLost, type TryFailure } from "./retry";

/** A failed try, inside the client. The transport turns it into an error of errors.ts. */
export class FailedTry extends Error implements TryFailure {
  readonly kind: TryFailure["kind"];
  readonly status?: number;
  readonly sent: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly garbled: boolean;
  readonly foreign?: NonNullable<TryFailure["foreign"]>;
  readonly unknownHost: boolean;
  /** The part of the response's body that was read. */
  readonly text: string;
  /** What went wrong, if GitLab did not say it. */
  readonly words: string;
  /** A next step for this failure only. */
  readonly advice?: string;
  /** The host's certificate comes from a CA that is not trusted. */
  readonly untrusted: boolean;
  readonly sentAt: number;
  readonly failedAt: number;
  /** The wait in ms that would have exceeded the operation's limit and was not started. */
  tooLong?: number;
  /** Whether the user cancelled the update, so that the request is not retried. */
  cancelled?: boolean;
  /** The wait in ms before the request may be sent again. */
  wait = 0;

  constructor(
    facts: TryFailure & {
      text?: string;
      words: string;
      advice?: string;
      untrusted?: boolean;
      sentAt: number;
      failedAt: number;
    },
  ) {
    super("request failed");
    this.kind = facts.kind;
    if (facts.status !== undefined) this.status = facts.status;
    this.sent = facts.sent;
    if (facts.headers !== undefined) this.headers = facts.headers;
    this.garbled = facts.garbled ?? false;
    if (facts.foreign !== undefined) this.foreign = facts.foreign;
    this.unknownHost = facts.unknownHost ?? false;
    this.text = facts.text ?? "";
    this.words = facts.words;
    if (facts.advice !== undefined) this.advice = facts.advice;
    this.untrusted = facts.untrusted ?? false;
    this.sentAt = facts.sentAt;
    this.failedAt = facts.failedAt;
  }

  /** The failure in a few words, such as "status 503, an HTML page". */
  get summary(): string {
    const said = this.kind === "status" ? responseWords(this.text) : this.words;
    return this.status === undefined ? said : `status ${this.status}${said === "" ? "" : `, ${said}`}`;
  }

  /** The failure for the progress line, such as "503". */
  get trouble(): string {
    if (this.status === undefined) return this.words;
    return this.kind === "status" ? String(this.status) : `${this.status}, ${this.words}`;
  }

  /** Whether the response to this POST is lost. */
  lost(method: string): boolean {
    return responseLost(method, this);
  }
}
