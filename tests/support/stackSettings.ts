import { createCipheriv, createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { unsealed } from "./vault";

/** The passphrase of all tests' stacks. */
export const PASSPHRASE = "test";

/** The engine's mark of a secret in a state file. */
const SECRET = { key: "4dabf18193072939515e22adb298388d", value: "1b47061264138c4ac30d75fd1eb44270" };

interface Settings {
  encryptionsalt?: string;
  encryptedkey?: string;
  config?: Record<string, unknown>;
}

/**
 * Sets configuration keys in a stack's settings file, as `pulumi config set-all` does; a secret value as `{ secret }`. The command
 * line takes half a second of processor time for it, most of that to derive the key again each time.
 */
export function writeConfig(file: string, config: Record<string, string | { secret: string }>): void {
  const settings = parse(readFileSync(file, "utf8")) as Settings;
  const key = keyOf({ salt: settings.encryptionsalt, encryptedkey: settings.encryptedkey });
  for (const [name, value] of Object.entries(config)) {
    (settings.config ??= {})[name] = typeof value === "string" ? value : { secure: encrypt(key, value.secret) };
  }
  writeFileSync(file, stringify(settings, { lineWidth: 0 }));
}

/**
 * The stack's outputs as its state file has them, secrets in clear and marked. Undefined where they hold what only the
 * engine can show, such as an asset.
 */
export function readOutputs(stateFile: string): Record<string, { value: unknown; secret: boolean }> | undefined {
  if (!existsSync(stateFile)) return undefined;
  const { latest } = (JSON.parse(readFileSync(stateFile, "utf8")) as State).checkpoint;
  const outputs = latest?.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs ?? {};
  const recorded = latest?.secrets_providers?.state;
  let foreign = false;
  const inClear = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(inClear);
    const mark = (value as Record<string, unknown>)[SECRET.key];
    if (mark === SECRET.value && recorded !== undefined) {
      return JSON.parse(decrypt(keyOf(recorded), (value as { ciphertext: string }).ciphertext));
    }
    if (mark !== undefined) foreign = true;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inClear(inner)]));
  };
  const isSecret = (value: unknown) => (value as Record<string, unknown> | null)?.[SECRET.key] === SECRET.value;
  const found = Object.entries(outputs).map(
    ([name, value]) => [name, { value: inClear(value), secret: isSecret(value) }] as const,
  );
  return foreign ? undefined : Object.fromEntries(found);
}

interface State {
  checkpoint: {
    latest?: {
      secrets_providers?: { state?: RecordedKey };
      resources?: { type: string; outputs?: Record<string, unknown> }[];
    };
  };
}

/** How the key is found: a Vault's ciphertext, or the salt of the passphrase. */
interface RecordedKey {
  salt?: string | undefined;
  encryptedkey?: string | undefined;
}

const keys = new Map<string, Buffer>();

/**
 * The key that Pulumi's passphrase provider derives. A salt has the form `v1:<salt>:<an encrypted text, to check the passphrase>`.
 */
function keyOf({ salt: encryptionSalt = "", encryptedkey }: RecordedKey): Buffer {
  if (encryptedkey !== undefined) return unsealed(encryptedkey);
  const salt = Buffer.from(encryptionSalt.split(":")[1] ?? "", "base64");
  const known = keys.get(encryptionSalt);
  if (known) return known;
  const key = pbkdf2Sync(PASSPHRASE, salt, 1_000_000, 32, "sha256");
  keys.set(encryptionSalt, key);
  return key;
}

function encrypt(key: Buffer, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1:${nonce.toString("base64")}:${bytes.toString("base64")}`;
}

function decrypt(key: Buffer, text: string): string {
  const [, nonce = "", encrypted = ""] = text.split(":");
  const bytes = Buffer.from(encrypted, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8");
}
