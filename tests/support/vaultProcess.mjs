// The part of HashiCorp's Vault that Pulumi's secrets provider asks for a stack's key: it seals nothing, since the key protects a
// test's stack alone. Prints its address, and ends with the process that started it. See vault.ts.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (part) => (text += part));
  request.on("end", () => {
    const { plaintext, ciphertext } = JSON.parse(text);
    const data =
      plaintext === undefined ? { plaintext: ciphertext.slice(SEALED.length) } : { ciphertext: SEALED + plaintext };
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ data }));
  });
});
const SEALED = "vault:v1:";
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
