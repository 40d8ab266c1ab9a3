/**
 * The stack frames that the SDK reads when a resource is constructed: its own two, the constructors `Resource`, `CustomResource` and
 * ours, and the line of the program that declares the resource.
 */
const FRAMES = 6;

/**
 * Limits the call stack that the SDK writes into the state of a resource to the declaring line. The SDK writes the whole stack,
 * down to the TypeScript loader and the SDK itself: half a kilobyte for each resource, a third of its state, which the
 * engine writes again after every step and which does not help the program's author.
 *
 * Call it right before `super(…)`, and the function that it returns right after, which undoes it. Nothing asynchronous happens in
 * between.
 *
 * @param between the number of SDK constructors between its first two and ours, such as `ProviderResource`; the
 *   SDK mistakes such a class's own line for the declaring one
 */
export function keepDeclaringLine(between = 0): () => void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- restored unchanged
  const before = Error.prepareStackTrace;
  // Node's own source-map support has no hook that could be called from here: the whole stack stays.
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
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- V8's own text of a frame, which the types lack
    return [String(error), ...kept.map((frame) => `    at ${frame.toString()}`)].join("\n");
  };
  return () => {
    if (before === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    else Error.prepareStackTrace = before;
  };
}
