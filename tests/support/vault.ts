import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";

/** Names the address of this test run's Vault (vaultProcess.mjs); without it stacks are encrypted by a passphrase. */
const ADDRESS = "PULUMI_GITLAB_AGENT_VAULT";

/**
 * Starts the Vault that keeps the keys of all stacks. From a passphrase every command of the CLI derives the key anew, which takes
 * 0.3 s of processor time, a fifth of what an operation of the engine takes. What a key encrypts is the same.
 */
export async function startVault(): Promise<void> {
  const vault = spawn(process.execPath, [path.join(__dirname, "vaultProcess.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [address] = (await once(vault.stdout.setEncoding("utf8"), "data")) as [string];
  process.env[ADDRESS] = address.trim();
  vault.unref();
  for (const pipe of [vault.stdin, vault.stdout]) (pipe as unknown as { unref(): void }).unref();
}

/** What the CLI needs to find the Vault. */
export function vaultEnvironment(): Record<string, string> {
  const address = process.env[ADDRESS];
  return address === undefined ? {} : { VAULT_SERVER_URL: address, VAULT_SERVER_TOKEN: "test" };
}

/** Options of `pulumi stack init`. */
export const secretsProvider = (): string[] =>
  process.env[ADDRESS] === undefined ? [] : ["--secrets-provider", "hashivault://test"];

/** A stack's key, from what its settings or its state hold: the Vault's ciphertext, in base64. */
export function unsealed(encryptedKey: string): Buffer {
  const ciphertext = Buffer.from(encryptedKey, "base64").toString();
  return Buffer.from(ciphertext.replace(/^vault:v1:/, ""), "base64");
}
