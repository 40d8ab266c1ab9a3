import { authenticate } from "../authentication";
import type { SimulatorApp } from "../context";

/** `GET /user`: the user of the credential. */
export function userRoutes(app: SimulatorApp): void {
  app.get("/user", (c) => {
    const { id, username, name, state, admin } = authenticate(c);
    return c.json({ id, username, name, state, ...(admin ? { is_admin: true } : {}) });
  });
}
