import { subscribe } from "node:diagnostics_channel";
import { cancelWaits } from "../gitlab";

/** The call by which the engine says that its user cancels the update (Ctrl-C). */
const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/** Node's own report of each call that arrives at this process. */
const ARRIVED = "http2.server.stream.start";

let cancel: () => void;
const cancelled = new Promise<void>((resolve) => (cancel = resolve));
let listening = false;

/**
 * Ends when the user cancels the update. The engine waits for each call that is under way, and the host of dynamic providers
 * answers its Cancel without telling the providers, so the call itself is listened for. A version of Node.js without that report
 * leaves the wait to the second Ctrl-C, which ends the engine, and this process soon after it.
 */
export function cancellation(): Promise<void> {
  return cancelled;
}

/** Ends what waits for {@link cancellation}, and then every other wait: the engine has said that its user cancels the update. */
export function cancelUpdate(): void {
  cancel();
  cancelWaits();
}

/** From now on the engine's Cancel is noticed. */
export function listenForCancel(): void {
  if (listening) return;
  listening = true;
  subscribe(ARRIVED, (message) => {
    const { headers } = message as { headers?: Record<string, unknown> };
    if (headers?.[":path"] === CANCEL) cancelUpdate();
  });
}
