import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";

/** The variable with the address of this test run's Vault (vaultProcess.mjs); without it a passphrase encrypts the stacks. */
const ADDRESS = "PULUMI_GITLAB_AGENT_VAULT";

/**
 * Starts the Vault with the keys of all stacks. From a passphrase, every command of the CLI would derive the key again, which takes
 * 0.3 s of processor time, a fifth of an engine operation. The encryption is the same.
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

/** The environment in which the CLI finds the Vault. */
export function vaultEnvironment(): Record<string, string> {
  const address = process.env[ADDRESS];
  return address === undefined ? {} : { VAULT_SERVER_URL: address, VAULT_SERVER_TOKEN: "test" };
}

/** Options of `pulumi stack init`. */
export const secretsProvider = (): string[] =>
  process.env[ADDRESS] === undefined ? [] : ["--secrets-provider", "hashivault://test"];

/** A stack's key, from the Vault's ciphertext (base64) in its settings or its state. */
export function unsealed(encryptedKey: string): Buffer {
  const ciphertext = Buffer.from(encryptedKey, "base64").toString();
  return Buffer.from(ciphertext.replace(/^vault:v1:/, ""), "base64");
}
