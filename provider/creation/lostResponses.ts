import {
  AuthenticationError,
  countsRetries,
  GitLabError,
  keyOf,
  NotFoundError,
  PermissionError,
  type LostResponseError,
  type Operation,
} from "../gitlab";

/**
 * What the repairs of lost answers share. A POST whose answer is lost may have been carried out; each kind of object is then
 * looked for in its own way (clusterAgent.ts, agentToken.ts, receptiveUrlConfig.ts).
 */
export interface Made {
  id: number;
  created_at: string;
  created_by_user_id?: number | null;
}

/** The waits between looks for what a lost request made, in milliseconds: after the first look, the second, … */
const PAUSES = [250, 500, 1000, 2000];

/** The wait after look number `look` (1, 2, …), in milliseconds. */
export function pauseBefore(look: number): number {
  return PAUSES[Math.min(look, PAUSES.length) - 1] ?? 2000;
}

/**
 * The wait before retry number `retry` (1, 2, …) of a creation, in milliseconds. Short ones first, since GitLab has just answered what
 * was looked up; then longer ones, since each retry may leave an object to be looked for, and a restart takes minutes.
 */
export function pauseBeforeRetry(retry: number): number {
  return Math.min(250 * 2 ** (retry - 1), 15_000);
}

/** Waits before retry number `retry` (1, 2, …) of a creation, never past the operation's limit. */
export function pause(operation: Operation, retry: number): Promise<void> {
  return operation.sleep(pauseBeforeRetry(retry));
}

/**
 * Whether a creation that has lost so many answers may be tried once more; throws what was last seen where tries or time are
 * spent. Tries are counted only where the user set `maxRetries`. From five seconds on a line shows that it takes longer.
 *
 * @param leftover what to say of what GitLab may still carry out
 * @param mayBeLeft whether there may be such
 */
export function assertAnotherTry(
  operation: Operation,
  lost: readonly LostResponseError[],
  leftover: (since: string) => string,
  mayBeLeft = lost.some(mayComeLate),
): void {
  const [first, last] = [lost[0], lost[lost.length - 1]];
  if (first === undefined || last === undefined) return;
  const { maxRetries, operationTimeout } = operation.settings;
  const wait = pauseBeforeRetry(lost.length);
  const inTime = wait < operation.remaining();
  const retries = countsRetries(operation.settings) ? maxRetries : Infinity;
  if (lost.length <= retries && inTime) {
    if (operation.now() - first.sentAt + wait >= 5000) {
      const all = Math.min(retries + 1, lost.length + triesWithin(operation.remaining(), lost.length));
      const seen = last.status ?? last.words ?? "";
      operation.infoOfWait(
        `does not answer (${seen}), try ${lost.length} of ${all}, next in ${Math.max(1, Math.round(wait / 1000))} s`,
        wait,
      );
    }
    return;
  }
  const seconds = Math.max(1, Math.round((operation.now() - first.sentAt) / 1000));
  const tries =
    lost.length === 1
      ? `The answer to the only try was lost after ${seconds} s`
      : `The answers to ${lost.length} tries were lost in ${seconds} s, one after another`;
  const left = mayBeLeft
    ? `nothing was seen of it until now. ${leftover(new Date(first.sentAt).toISOString())}`
    : "nothing was left of it.";
  const limit = inTime
    ? `${keyOf(operation.settings, "maxRetries")} says how often it is tried`
    : `the operation's limit of ${operationTimeout} s (${keyOf(operation.settings, "operationTimeout")}) leaves no time for another try`;
  throw last.withAdvice(
    `${tries}. After each it was looked up what the try had made, and ${left} Look after the connection to GitLab, then run \`pulumi up\` again; ${limit}.`,
  );
}

/** How many more tries begin within so many ms, after so many that were lost. */
function triesWithin(ms: number, lost: number): number {
  let more = 0;
  for (let left = ms - pauseBeforeRetry(lost + 1); left > 0; left -= pauseBeforeRetry(lost + more + 1)) more += 1;
  return Math.max(1, more);
}

/** Answers of something before GitLab that gave up itself: GitLab may still be at it. */
const GAVE_UP = [408, 504, 522, 524];

/** Whether GitLab may carry out the request at any later time. */
export function mayComeLate({ timedOut, status }: LostResponseError): boolean {
  return timedOut || GAVE_UP.includes(status ?? 0);
}

/** An error that ends a creation, with what an earlier try may still leave behind: nobody else will say it. */
export function withLeftover(
  error: unknown,
  lost: readonly LostResponseError[],
  leftover: (since: string) => string,
  mayBeLeft = lost.some(mayComeLate),
): unknown {
  const late = lost.find(mayComeLate) ?? lost[0];
  if (!mayBeLeft || late === undefined || !(error instanceof GitLabError) || error === late) return error;
  return error.alsoAdvising(
    `Beware: the answer to an earlier try was lost. ${leftover(new Date(late.sentAt).toISOString())}`,
  );
}

/**
 * The wait before a creation that was told 404 is tried again, in milliseconds; undefined where pauses or time are spent, and
 * the 404 is what there is to say.
 */
export function settlingPause(operation: Operation, settling: number): number | undefined {
  const wait = SETTLING_PAUSES[settling];
  return wait === undefined || wait >= operation.remaining() ? undefined : wait;
}

/** A 404 in words, and whether it proves that nothing is left of a lost request either. */
export interface Explained {
  error: GitLabError;
  nothingLeft: boolean;
}

/**
 * Runs what finds out, after a lost answer, what became of the request. Where that fails as well, the error says what may
 * have been left behind: nobody else will. `cause` is the error that is being looked into; it passes as it is.
 *
 * @param explain says what a 404 meant
 */
export async function lookedInto<T>(
  lost: readonly LostResponseError[],
  cause: GitLabError,
  leftover: (since: string) => string,
  look: () => Promise<T>,
  explain: (error: NotFoundError) => Promise<Explained>,
): Promise<T> {
  try {
    return await look();
  } catch (thrown) {
    const { error, nothingLeft } = await explained(thrown, explain);
    const first = lost[0];
    if (first === undefined || nothingLeft || error === cause || !(error instanceof GitLabError)) throw error;
    throw error.alsoAdvising(
      `Beware: the answer to an earlier try was lost, and it could not be found out what became of it. ${leftover(new Date(first.sentAt).toISOString())}`,
    );
  }
}

async function explained(
  thrown: unknown,
  explain: (error: NotFoundError) => Promise<Explained>,
): Promise<{ error: unknown; nothingLeft: boolean }> {
  if (!(thrown instanceof NotFoundError)) return { error: thrown, nothingLeft: false };
  try {
    return await explain(thrown);
  } catch (error) {
    return { error, nothingLeft: false };
  }
}

/** Whether the object was made before the lost request was sent, by GitLab's own clock; undefined where that is unknown. */
export function madeBefore(
  operation: Operation,
  made: Made,
  lost: LostResponseError,
  tolerance = 0,
): boolean | undefined {
  const clock = operation.serverTime(lost.sentAt);
  const createdAt = Date.parse(made.created_at);
  if (clock === undefined || Number.isNaN(createdAt)) return undefined;
  // GitLab writes times in milliseconds, cut off: the object may be up to one older than it says.
  return createdAt + 1 + tolerance < clock.earliest;
}

/** Whether the object was made only after the answer was given up; undefined where that is unknown. */
export function madeAfter(operation: Operation, made: Made, lost: LostResponseError): boolean | undefined {
  const clock = operation.serverTime(lost.lostAt);
  const createdAt = Date.parse(made.created_at);
  if (clock === undefined || Number.isNaN(createdAt)) return undefined;
  return createdAt > clock.latest;
}

/** What GitLab notes as the creator of our own objects, by the settings that we use. */
const ownMarks = new WeakMap<object, number | null>();

/** Keeps in mind what GitLab notes as the creator of an object that is surely ours. */
export function learnCreator(operation: Operation, made: Made): void {
  if (made.created_by_user_id !== undefined) ownMarks.set(operation.settings, made.created_by_user_id);
}

/**
 * Whether the object was made by the user whose credential we use; undefined where GitLab does not say. Asks GitLab once, and
 * only where nothing was made by us before.
 */
export async function madeByOurUser(operation: Operation, made: Made): Promise<boolean | undefined> {
  const creator = made.created_by_user_id;
  if (creator === undefined) return undefined;
  let own = ownMarks.get(operation.settings);
  if (own === undefined) {
    own = await ownUserId(operation);
    if (own === undefined) return undefined;
    ownMarks.set(operation.settings, own);
  }
  return creator === own;
}

/** The user of the credential; undefined where the credential may not ask. */
async function ownUserId(operation: Operation): Promise<number | undefined> {
  try {
    return (await operation.user()).id;
  } catch (error) {
    if (error instanceof PermissionError || error instanceof NotFoundError || error instanceof AuthenticationError)
      return undefined;
    throw error;
  }
}

/**
 * The waits during which a creation that was told 404 is tried again, since GitLab shows a project or agent that was made a
 * moment ago not everywhere at once.
 */
const SETTLING_PAUSES = [500, 1000, 2000];
