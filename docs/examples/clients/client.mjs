// Checks one message by the service: node client.mjs http://127.0.0.1:8080 message.xml [token]
// Ends with 0 where no rule objected, 1 where a person must look, 2 where nothing was checked. Node 18 or later; no package.
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const ATTEMPTS = 5;

/** Return the report, or null where nothing was checked: then hold the message. */
async function assess(service, message, token) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let answer;
    try {
      answer = await fetch(`${service}/assess`, {
        method: "POST",
        headers: {
          "Content-Type": "application/fhir+xml",
          Accept: "application/json",
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: message,
        signal: AbortSignal.timeout(30_000),
      });
    } catch {
      answer = null; // not there, or too slow
    }
    if (answer?.status === 200) return answer.json();
    if (answer && answer.status !== 503) {
      const problem = await answer.json(); // RFC 9457; it repeats nothing of the message
      console.error(`not checked: ${problem.code}: ${problem.detail}`);
      return null;
    }
    await pause(1000 * Number(answer?.headers.get("Retry-After") ?? 1));
  }
  console.error("not checked: the service did not answer");
  return null;
}

const [service, file, token] = process.argv.slice(2);
const report = await assess(service, await readFile(file), token);
if (report === null) {
  console.log("hold");
  process.exitCode = 2;
} else {
  console.log(report.decision);
  for (const result of report.results) {
    if (result.action !== "none" && result.overridden === null) console.log(`${result.action}: ${result.message}`);
  }
  process.exitCode = ["hold", "review"].includes(report.decision) ? 1 : 0;
}
