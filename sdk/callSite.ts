/**
 * Frames of a resource's construction that the SDK looks at: its own two, the constructors `Resource`, `CustomResource` and
 * ours, and the line of the program that declares the resource.
 */
const FRAMES = 6;

/**
 * Keeps to the declaring line what the SDK writes of the call stack into the state of a resource. It takes the whole stack,
 * down to the loader of TypeScript and the SDK itself: half a kilobyte a resource, a third of all that we store, which the
 * engine writes again after every step, and in which the program's author finds nothing.
 *
 * To be called right before `super(…)`; the answer undoes it, right after. Nothing asynchronous happens in between.
 *
 * @param between how many more constructors of the SDK stand between its first two and ours, as `ProviderResource` does; the
 * SDK itself takes such a class's own line for the declaring one
 */
export function keepDeclaringLine(between = 0): () => void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  const before = Error.prepareStackTrace;
  // Node's own mapping by source maps has no hook that could be called from here: then the whole stack stays.
  if (
    before === undefined &&
    process.execArgv
      .concat(process.env["NODE_OPTIONS"] ?? "")
      .join(" ")
      .includes("--enable-source-maps")
  ) {
    return () => undefined;
  }
  Error.prepareStackTrace = (error, frames) => {
    const kept = frames.filter((_, at) => at < FRAMES - 2 || at >= FRAMES - 2 + between).slice(0, FRAMES);
    if (before !== undefined) return before(error, kept) as unknown;
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- V8's own text of a frame, which the types do not know
    return [String(error), ...kept.map((frame) => `    at ${frame.toString()}`)].join("\n");
  };
  return () => {
    if (before === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    else Error.prepareStackTrace = before;
  };
}
