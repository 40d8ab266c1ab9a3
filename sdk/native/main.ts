import { main } from "@pulumi/pulumi/provider";
import { VERSION } from "../../provider/gitlab/version";
import { construct } from "./component";
import { acceptReferences } from "./resources";

// A stack would lead into this bundle, not into the program. The SDK prints it with errors, and writes it to the state with each
// resource.
Error.prepareStackTrace = String;
// The plugin holds the other end of this pipe for as long as it runs.
process.stdin.on("end", () => process.exit()).resume();

acceptReferences();
void main({ version: VERSION, construct }, process.argv.slice(2));
