import { gitLab } from "./configuration";
import { AuthenticationError, NotFoundError, PermissionError, type LostAnswerError, type Operation } from "./gitlab";

/**
 * What the repairs of lost answers share. A POST whose answer is lost may have been carried out; each kind of object is then
 * looked for in its own way (registration.ts, tokenCreation.ts, urlConfigurationCreation.ts).
 */
export interface Made {
  created_at: string;
  created_by_user_id?: number | null;
}

/** The waits before a creation is tried again, in milliseconds: first retry, second, … */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000];

/** Waits before retry number `retry` (1, 2, …) of a creation, never past the operation's limit. */
export function pause(operation: Operation, retry: number): Promise<void> {
  return operation.sleep(PAUSES[Math.min(retry, PAUSES.length) - 1] ?? 8000);
}

/** Whether a creation that has lost so many answers may be tried once more; throws what was last seen where it may not. */
export function assertAnotherTry(lost: readonly LostAnswerError[]): void {
  const last = lost[lost.length - 1];
  if (last === undefined || lost.length <= gitLab().settings.maxRetries) return;
  throw last.withAdvice(
    `Its answer was lost ${lost.length} times, and each time GitLab turned out not to have carried it out. Look after the connection to GitLab, then run \`pulumi up\` again.`,
  );
}

/**
 * Whether an object was made by the request whose answer was lost: not before that request by GitLab's own clock, and by the
 * user whose credential we use. Undefined where GitLab's clock is not known, so that nothing can be told.
 */
export async function madeByUs(operation: Operation, made: Made, sentAt: number): Promise<boolean | undefined> {
  const clock = operation.serverTime(sentAt);
  const createdAt = Date.parse(made.created_at);
  if (clock === undefined || Number.isNaN(createdAt)) return undefined;
  // GitLab writes times in milliseconds, cut off: the object may be up to one older than it says.
  if (createdAt + 1 < clock.earliest) return false;
  const creator = made.created_by_user_id;
  const self = await ownUserId(operation);
  return creator == null || self === undefined || creator === self;
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
export const SETTLING_PAUSES = [500, 1000, 2000];
