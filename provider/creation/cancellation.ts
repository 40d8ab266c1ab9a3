import { subscribe } from "node:diagnostics_channel";
import { cancelWaits } from "../gitlab";

/** The engine's call when its user cancels the update (Ctrl-C). */
const CANCEL = "/pulumirpc.ResourceProvider/Cancel";

/** Node's diagnostics channel for each call that arrives at this process. */
const ARRIVED = "http2.server.stream.start";

let cancel: () => void;
const cancelled = new Promise<void>((resolve) => (cancel = resolve));
let listening = false;

/**
 * Ends when the user cancels the update. The engine waits for each running call, and the host of dynamic providers
 * does not pass its Cancel to the providers, so this listens for the call itself. Without that channel (early Node.js 22) only the
 * second Ctrl-C ends the wait: it ends the engine, and this process soon after it.
 */
export function cancellation(): Promise<void> {
  return cancelled;
}

/** Ends what waits for {@link cancellation}, and then every other wait: the engine has said that its user cancels the update. */
export function cancelUpdate(): void {
  cancel();
  cancelWaits();
}

/** Starts to listen for the engine's Cancel. */
export function listenForCancel(): void {
  if (listening) return;
  listening = true;
  subscribe(ARRIVED, (message) => {
    const { headers } = message as { headers?: Record<string, unknown> };
    if (headers?.[":path"] === CANCEL) cancelUpdate();
  });
}
